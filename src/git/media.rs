//! Images and fonts, known by what they hold and not by their names.
//!
//! The list is short, and each form on it says where it ends: what goes on behind that end, or is
//! cut before it, is no image but something that begins like one. So is what also holds the mark of
//! a form that other programs look for at any place of a file, as those that open ZIP archives do.
//! On the list are PNG, JPEG, GIF, WebP, AVIF, BMP, icons and cursors of Windows (ICO, CUR), and
//! the fonts TrueType, OpenType, WOFF and WOFF2.

use memchr::memmem;

/// Marks that are found at any place of a file: the end of a ZIP archive, RAR, 7z, PDF, PHP, and
/// the archives of PHP (phar).
const MARKS: [&[u8]; 6] =
    [b"PK\x05\x06", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"%PDF-", b"<?php", b"__HALT_COMPILER"];

/// Tells whether all of the bytes are of one form; `None` when they end before it can tell.
type MediaTest = fn(&[u8]) -> Option<bool>;

/// The list.
const FORMS: [MediaTest; 9] = [is_png, is_jpeg, is_gif, is_webp, is_avif, is_bmp, is_icon, is_sfnt, is_woff];

/// Is it an image or a font, and nothing else?
pub fn is_media(bytes: &[u8]) -> bool {
    FORMS.iter().any(|form| form(bytes) == Some(true))
        && MARKS.iter().all(|mark| memmem::find(bytes, mark).is_none())
}

/// Portable Network Graphics, section 5.3: chunks of length, type, data and checksum, the last of
/// which is `IEND`.
fn is_png(bytes: &[u8]) -> Option<bool> {
    let mut rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    loop {
        let (kind, end) =
            (rest.get(4..8)?, usize::try_from(read_big_endian(rest, 0)?).ok()?.checked_add(12)?);
        rest = rest.get(end..)?;
        if kind == b"IEND" {
            return Some(rest.is_empty());
        }
    }
}

/// ITU T.81: from the marker SOI to the marker EOI.
fn is_jpeg(bytes: &[u8]) -> Option<bool> {
    Some(bytes.starts_with(b"\xff\xd8\xff") && bytes.ends_with(b"\xff\xd9"))
}

/// GIF89a, section 27: the trailer is one semicolon.
fn is_gif(bytes: &[u8]) -> Option<bool> {
    Some([&b"GIF87a"[..], b"GIF89a"].iter().any(|head| bytes.starts_with(head)) && bytes.ends_with(b";"))
}

/// WebP: a RIFF container that says how long it is.
fn is_webp(bytes: &[u8]) -> Option<bool> {
    let size = bytes.len() as u64;
    Some(
        bytes.starts_with(b"RIFF")
            && bytes.get(8..12)? == b"WEBP"
            && u64::from(read_little_endian(bytes, 4)?) + 8 == size,
    )
}

/// ISO/IEC 14496-12: boxes, each of which says how long it is, up to the end.
fn is_avif(bytes: &[u8]) -> Option<bool> {
    let is_avif = bytes.get(4..8)? == b"ftyp" && matches!(bytes.get(8..12)?, b"avif" | b"avis");
    let mut rest = bytes;
    while is_avif && !rest.is_empty() {
        let size = usize::try_from(read_big_endian(rest, 0)?).ok().filter(|size| *size >= 8)?;
        rest = rest.get(size..)?;
    }
    Some(is_avif)
}

/// A bitmap of Windows says how long its file is.
fn is_bmp(bytes: &[u8]) -> Option<bool> {
    Some(
        bytes.starts_with(b"BM")
            && u64::from(read_little_endian(bytes, 2)?) == bytes.len() as u64
            && read_big_endian(bytes, 6)? == 0,
    )
}

/// A directory of images, each with its size and place; the last ends with the file.
fn is_icon(bytes: &[u8]) -> Option<bool> {
    let is_icon = matches!(bytes.get(..4)?, [0, 0, 1 | 2, 0]);
    let count = usize::from(u16::from_le_bytes([*bytes.get(4)?, *bytes.get(5)?]));
    let end = |entry: usize| {
        let at = 6 + 16 * entry;
        Some(u64::from(read_little_endian(bytes, at + 8)?) + u64::from(read_little_endian(bytes, at + 12)?))
    };
    let ends: Option<Vec<u64>> = (0..count).filter(|_| is_icon).map(end).collect();
    Some(is_icon && ends?.into_iter().max() == Some(bytes.len() as u64))
}

/// OpenType, "The font directory": tables, each with its place and length; the last ends with the
/// file, filled up to four bytes.
fn is_sfnt(bytes: &[u8]) -> Option<bool> {
    let is_font = matches!(bytes.get(..4)?, b"\0\x01\0\0" | b"OTTO" | b"true");
    let count = usize::from(u16::from_be_bytes([*bytes.get(4)?, *bytes.get(5)?]));
    let end = |table: usize| {
        let at = 12 + 16 * table;
        Some(u64::from(read_big_endian(bytes, at + 8)?) + u64::from(read_big_endian(bytes, at + 12)?))
    };
    let ends: Option<Vec<u64>> = (0..count).filter(|_| is_font).map(end).collect();
    let size = bytes.len() as u64;
    Some(is_font && ends?.into_iter().max().is_some_and(|end| end <= size && size <= end.next_multiple_of(4)))
}

/// WOFF and WOFF2 say how long they are.
fn is_woff(bytes: &[u8]) -> Option<bool> {
    let is_font = matches!(bytes.get(..4)?, b"wOFF" | b"wOF2");
    Some(is_font && u64::from(read_big_endian(bytes, 8)?) == bytes.len() as u64)
}

fn read_big_endian(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn read_little_endian(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn icon_of(image: &[u8]) -> Vec<u8> {
        let size = u32::try_from(image.len()).unwrap().to_le_bytes();
        [&[0, 0, 1, 0, 1, 0][..], &[1, 1, 0, 0, 1, 0, 32, 0], &size, &22_u32.to_le_bytes(), image].concat()
    }

    #[test]
    fn each_form_ends_where_it_says() {
        let webp = [&b"RIFF"[..], &12_u32.to_le_bytes(), b"WEBPVP8 abcd"].concat();
        let bmp = [&b"BM"[..], &20_u32.to_le_bytes(), &[0; 4], &[1; 10]].concat();
        let avif =
            [&24_u32.to_be_bytes()[..], b"ftypavif\0\0\0\0avifmif1", &12_u32.to_be_bytes(), b"mdatabcd"]
                .concat();
        for whole in [webp, bmp, avif, icon_of(b"image")] {
            assert!(is_media(&whole), "{whole:?}");
            assert!(!is_media(&[&whole[..], b"\0more"].concat()), "{whole:?}");
            assert!(!is_media(&whole[..whole.len() - 1]), "{whole:?}");
        }
    }

    #[test]
    fn nothing_of_another_form_is_an_image() {
        for other in
            [&b""[..], b"\0\0\x01\0", b"\xff\xd8\xff", b"GIF89a", b"wOFF", b"PK\x03\x04", b"\0\x01\0\0\0\0"]
        {
            assert!(!is_media(other), "{other:?}");
        }
        assert!(!is_media(&icon_of(b"\0<?php echo 1;")));
        assert!(!is_media(&icon_of(b"\0<?= __HALT_COMPILER(); ?>\x1f\x8b")));
    }
}
