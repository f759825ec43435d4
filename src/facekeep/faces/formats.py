"""Which photo format bytes claim to be, by their first bytes alone; everything not on this list is refused unread."""

HEIF = "HEIF"
AVIF = "AVIF"
ALLOWED = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", HEIF, AVIF)

_STARTS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"BM", "BMP"),
)
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx"}
_AVIF_BRANDS = {b"avif", b"avis"}
_LONGEST_BRAND_LIST_BYTES = 256


def sniff(untrusted_photo: bytes) -> str | None:
    """The name of the one decoder that may look at these bytes, or None. File names count nothing."""
    for start, name in _STARTS:
        if untrusted_photo.startswith(start):
            return name
    if untrusted_photo[:4] == b"RIFF" and untrusted_photo[8:12] == b"WEBP":
        return "WEBP"
    return _sniff_brands(untrusted_photo) if untrusted_photo[4:8] == b"ftyp" else None


def _sniff_brands(untrusted_photo: bytes) -> str | None:
    """HEIF or AVIF by the brands of the ISO base media file type box (ISO/IEC 14496-12, 4.3)."""
    end = min(int.from_bytes(untrusted_photo[:4]), _LONGEST_BRAND_LIST_BYTES)
    listed = {untrusted_photo[8:12]} | {untrusted_photo[at : at + 4] for at in range(16, end - 3, 4)}
    if listed & _AVIF_BRANDS:
        return AVIF
    return HEIF if listed & _HEIF_BRANDS else None
