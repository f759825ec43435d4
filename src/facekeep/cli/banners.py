"""What is said once, and what is said every time because it matters."""

from facekeep.cli.screen import note, safe, say
from facekeep.service import credentials
from facekeep.service.administration import NewKeep
from facekeep.settings import Settings


def warn_of_trial(settings: Settings) -> None:
    """Print the banner of a keep that opens itself with a key file."""
    note("*** TRIAL KEEP: not for real people's photos ***")
    note(f"It opens itself with the key file {credentials.key_file(settings)};")
    note("whoever has that file and the data folder can read everything.")
    note("For real use: facekeep init --data FOLDER --unseal passphrase  (or: shares)")


def show_new_keep(made: NewKeep) -> None:
    """Show what a new keep shows once: its API key, and its word shares where there are some."""
    say("A new keep was made. This is shown once:", "", f"  API key: {safe(made.api_key)}")
    say(f"  saved for this machine's command line in {safe(made.credentials_path)}", "")
    if made.shares:
        say("Five word shares; any three of them open the vault. Give each to another person, on paper:", "")
        for number, share in enumerate(made.shares, start=1):
            say(f"  {number}. {safe(share)}", "")
