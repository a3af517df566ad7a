//! Attacks through content that the gate cannot search, or reads otherwise than the program that uses it.
//!
//! An area has content patterns, and a change brings what they mean in a form that they do not see: a pointer to bytes that lie
//! elsewhere, an archive, another encoding, another spelling of the same identifier. Each test has an honest twin beside it.

use crate::support::inside::{assert_inside, assert_outside, changed, changed_by, changed_from};
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::POLICY;

const OID: &str = "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";

fn inside_bytes(form: &str, path: &str, bytes: &[u8]) {
    assert_inside(form, changed(&[Edit::Bytes(path, bytes)]), path);
}

fn inside_text(form: &str, path: &str, text: &str) {
    assert_inside(form, changed(&[Edit::Write(path, text)]), path);
}

fn outside_bytes(form: &str, path: &str, bytes: &[u8]) {
    assert_outside(form, changed(&[Edit::Bytes(path, bytes)]));
}

// Pointers.

#[test]
fn attack_94_a_pointer_of_an_older_version_is_a_pointer() {
    for version in ["https://hawser.github.com/spec/v1", "http://git-media.io/v/2"] {
        inside_text(version, "data/dump", &format!("version {version}\n{OID}\nsize 12345\n"));
    }
}

#[test]
fn attack_94_a_pointer_with_white_space_or_extensions_is_a_pointer() {
    let version = "version https://git-lfs.github.com/spec/v1";
    for text in [
        format!("\n \n{version}\n{OID}\nsize 12345\n"),
        format!("{version}\r\n{OID}\r\nsize 12345\r\n"),
        format!("{version}\n\n{OID}\n\nsize 12345"),
        format!("{version}\next-0-crypt sha256:{}\n{OID}\nsize 12345\n", "b".repeat(64)),
        format!("{OID}\nsize 12345\n{version}\n"),
    ] {
        inside_text(&text, "data/dump", &text);
    }
}

#[test]
fn attack_94_a_pointer_counts_up_to_what_git_lfs_reads() {
    let pointer = format!("version https://git-lfs.github.com/spec/v1\n{OID}\nsize 12345\n");
    for size in [1023, 1024, 5000] {
        let padded = format!("{pointer}{}", " ".repeat(size - pointer.len()));
        inside_text(&format!("{size} bytes"), "data/dump", &padded);
    }
    let behind = format!("{pointer}{}\nprint('anything')\n", "\n".repeat(1024));
    inside_text("text behind what git-lfs looks at", "data/dump", &behind);
}

#[test]
fn attack_94_pointers_of_other_programs_are_pointers() {
    inside_text("git-annex", "data/dump", "/annex/objects/SHA256E-s12345--4d7a214614ab.bin\n");
    inside_text(
        "git-fat",
        "data/dump",
        "#$# git-fat da39a3ee5e6b4b0d3255bfef95601890afd80709                12345\n",
    );
}

#[test]
fn twin_94_prose_about_pointers_is_prose() {
    let text = "# Large files\n\nA pointer of Git LFS begins with a line such as\n\n    version https://git-lfs.github.com/spec/v1\n    oid sha256:4d7a\n    size 12345\n";
    assert_outside("prose", changed(&[Edit::Write("docs/lfs.md", text)]));
}

// Archives, packages, byte code.

#[test]
fn attack_94_archives_and_packages_are_opaque() {
    let zip = b"PK\x03\x04\x14\x00\x00\x00\x08\x00abcdefgh.py\xcb\x48PK\x05\x06\0\0\0\0";
    for path in ["tools/lib.jar", "tools/lib.whl", "docs/guide.docx", "docs/logo.png"] {
        inside_bytes(path, path, zip);
    }
    inside_bytes("gzip", "data/a.gz", b"\x1f\x8b\x08\x00\0\0\0\0\0\x03\x4b\x4c\x04\x00");
    inside_bytes("gzip without a NUL", "data/b.gz", b"\x1f\x8b\x08\x08abcd\x02\x03x\x01KLJ\x06\xc2A$5");
    inside_bytes("bzip2", "data/a.bz2", b"BZh91AY&SY\x19\x93\x9bk\xaa\xbb\xcc\xdd\xee\xffKLJ");
    inside_bytes("xz", "data/a.xz", b"\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F");
    inside_bytes("zstd", "data/a.zst", b"\x28\xb5\x2f\xfd\x24\x03\x19\x01");
    inside_bytes("tar", "data/a.tar", &[b"a.py".to_vec(), vec![0; 600]].concat());
}

#[test]
fn attack_94_byte_code_and_executables_are_opaque() {
    inside_bytes("Python byte code", "tools/list.pyc", b"\xa7\r\r\n\0\0\0\0abcd");
    inside_bytes("a class", "tools/List.class", b"\xca\xfe\xba\xbe\0\0\0\x41\0\x10");
    inside_bytes("WebAssembly", "tools/list.wasm", b"\0asm\x01\0\0\0");
    inside_bytes("an executable", "tools/list", b"\x7fELF\x02\x01\x01\0\0\0");
    inside_bytes("a pickle", "tools/model.bin", b"\x80\x04\x95\x10KLJ\x94.");
}

#[test]
fn attack_94_documents_and_databases_are_opaque() {
    inside_bytes(
        "PDF of plain characters",
        "docs/form.pdf",
        b"%PDF-1.7\n1 0 obj\n<< /Filter /ASCIIHexDecode >>\nstream\n6e6f\nendstream\n",
    );
    inside_bytes("SQLite", "data/a.sqlite", b"SQLite format 3\0\x10\0");
    inside_bytes("Parquet", "data/a.parquet", b"PAR1\x15\x04\x15\x00\xffPAR1");
    inside_bytes(
        "encrypted, in characters",
        "tools/run.sh.asc",
        b"-----BEGIN PGP MESSAGE-----\n\nhQEMA1\n-----END PGP MESSAGE-----\n",
    );
    inside_bytes("a sealed vault", "tools/vars.yml", b"$ANSIBLE_VAULT;1.1;AES256\n6162\n");
}

#[test]
fn attack_94_an_image_that_is_also_an_archive_is_opaque() {
    let mut both = png();
    both.extend_from_slice(b"PK\x03\x04\x14\x00PK\x05\x06\0\0\0\0");
    inside_bytes("an archive behind an image", "docs/logo.png", &both);
    let mut within = png();
    let end = within.len() - 12;
    within.splice(end..end, [&b"\0\0\0\x08prIv"[..], b"PK\x05\x06\0\0\0\0", b"\0\0\0\0"].concat());
    inside_bytes("an archive within an image", "docs/logo.png", &within);
    inside_bytes("no more than the beginning of an image", "docs/logo.png", &png()[..20]);
}

/// A picture of one pixel.
fn png() -> Vec<u8> {
    [
        &b"\x89PNG\r\n\x1a\n"[..],
        b"\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89",
        b"\0\0\0\x0aIDATx\x9cc\0\x01\0\0\x05\0\x01\x0d\x0a\x2d\xb4",
        b"\0\0\0\0IEND\xaeB`\x82",
    ]
    .concat()
}

/// A font with one table, which holds nothing of interest.
fn font() -> Vec<u8> {
    let table = [&b"head"[..], &[0; 4], &28_u32.to_be_bytes(), &8_u32.to_be_bytes()].concat();
    [&b"\0\x01\0\0\0\x01\0\x10\0\0\0\0"[..], &table, &[1, 2, 3, 4, 5, 6, 7, 0]].concat()
}

#[test]
fn twin_94_images_and_fonts_stay_outside() {
    outside_bytes("a PNG", "docs/logo.png", &png());
    outside_bytes("a PNG of another name", "docs/logo", &png());
    outside_bytes(
        "a GIF",
        "docs/dot.gif",
        b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;",
    );
    outside_bytes(
        "a JPEG",
        "docs/dot.jpg",
        b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xd9",
    );
    outside_bytes("a font", "docs/plain.ttf", &font());
    let woff = [&b"wOF2\0\x01\0\0"[..], &24_u32.to_be_bytes(), &[0; 12]].concat();
    outside_bytes("a font for the web", "docs/plain.woff2", &woff);
}

#[test]
fn the_policy_says_how_unsearchable_content_counts() {
    let with = |opaque: &str| POLICY.replace("content = ", &format!("opaque = \"{opaque}\"\ncontent = "));
    let zip = Edit::Bytes("tools/lib.jar", b"PK\x03\x04\x14\x00\x00\x00");
    let picture = png();
    let picture = Edit::Bytes("docs/logo.png", &picture);
    let judged = |opaque: &str, edit: &Edit<'_>| changed_by(&with(opaque), &[], std::slice::from_ref(edit));
    assert_inside("inside", judged("inside", &zip), "tools/lib.jar");
    assert_outside("inside", judged("inside", &picture));
    assert_outside("outside", judged("outside", &zip));
    assert_inside("with media", judged("inside-with-media", &zip), "tools/lib.jar");
    assert_inside("with media", judged("inside-with-media", &picture), "docs/logo.png");
}

// Encodings.

#[test]
fn attack_94_a_declared_encoding_that_hides_letters_is_opaque() {
    for name in ["utf-7", "UTF_7", "rot13", "cp037", "unicode_escape", "hex", "iso2022_jp"] {
        let text = format!("#!/usr/bin/env python3\n# -*- coding: {name} -*-\nprint(+AG4-ominal_id)\n");
        inside_text(name, "tools/list.py", &text);
    }
    inside_text("XML", "tools/a.xml", "<?xml version=\"1.0\" encoding=\"UTF-7\"?>\n<a>+AG4-ominal</a>\n");
    inside_text("PHP", "tools/a.php", "<?php declare(encoding='UTF-7');\necho 1;\n");
    inside_text("Vim's form", "tools/b.py", "# vim: set fileencoding=utf-7 :\nx = 1\n");
}

#[test]
fn attack_94_text_of_another_encoding_is_read_or_opaque() {
    let wide = |text: &str, big: bool, mark: bool| -> Vec<u8> {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    inside_bytes("UTF-16 with its mark", "tools/a.ps1", &wide("$nominal_id = 1\n", false, true));
    for big in [false, true] {
        inside_bytes("UTF-16 without a mark", "tools/a.ps1", &wide("$x = 1\n", big, false));
        inside_bytes(
            "full width, without a mark",
            "tools/a.ps1",
            &wide("\u{ff4e}\u{ff4f}\u{ff4d}", big, false),
        );
    }
    let utf32: Vec<u8> = "\u{feff}x = 1\n".chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
    inside_bytes("UTF-32", "tools/a.txt", &utf32);
    // `nominal_id = 1` of IBM mainframes, with a line feed of Unix.
    inside_bytes("EBCDIC", "tools/a.jcl", b"\x95\x96\x94\x89\x95\x81\x93\x6d\x89\x84\x40\x7e\x40\xf1\n");
}

#[test]
fn twin_94_umlauts_and_comments_in_latin_1_stay_outside() {
    assert_outside("UTF-8", changed(&[Edit::Write("docs/grüße.md", "Schöne Grüße, 日本語 \u{feff}\n")]));
    outside_bytes(
        "a comment in Latin-1",
        "tools/list.py",
        b"# Gr\xfc\xdfe an alle, die das hier lesen\nprint('records')\n",
    );
    outside_bytes(
        "which says so",
        "tools/list.py",
        b"# -*- coding: latin-1 -*-\n# Gr\xfc\xdfe an alle\nprint('records')\n",
    );
    for line in ["# -*- coding: utf-8 -*-", "# encoding: UTF-8", "# vim: set fileencoding=utf-8 :"] {
        assert_outside(line, changed(&[Edit::Write("tools/list.py", &format!("{line}\nprint(1)\n"))]));
    }
    let xml = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<a/>\n";
    assert_outside("XML", changed(&[Edit::Write("tools/a.xml", xml)]));
    let prose = "# Encoding: what we do\n\nWe say how files are encoded.\nencoding: gzip\n";
    assert_outside("prose", changed(&[Edit::Write("docs/encoding.md", prose)]));
}

// Spellings.

#[test]
fn attack_94_compatibility_letters_are_the_letters_that_they_stand_for() {
    for (form, word) in [
        ("full width", "\u{ff4e}\u{ff4f}\u{ff4d}\u{ff49}\u{ff4e}\u{ff41}\u{ff4c}\u{ff3f}\u{ff49}\u{ff44}"),
        (
            "mathematical bold",
            "\u{1d427}\u{1d428}\u{1d426}\u{1d422}\u{1d427}\u{1d41a}\u{1d425}_\u{1d422}\u{1d41d}",
        ),
        ("one letter of another alphabet block", "nominal_\u{2170}d"),
        ("another low line", "nominal\u{fe33}id"),
    ] {
        inside_text(form, "tools/list.py", &format!("print({word})\n"));
    }
}

#[test]
fn attack_94_characters_that_nobody_sees_part_no_word() {
    for (form, mark) in [
        ("a zero-width joiner", "\u{200d}"),
        ("a soft hyphen", "\u{ad}"),
        ("a direction mark", "\u{202e}"),
        ("a variation selector", "\u{fe0f}"),
        ("a filler", "\u{3164}"),
        ("a tag", "\u{e0041}"),
        ("a control character that Java ignores", "\u{1}"),
    ] {
        inside_text(form, "tools/List.java", &format!("int nom{mark}inal_id = 1;\n"));
    }
}

#[test]
fn attack_94_escapes_are_the_letters_that_they_stand_for() {
    for (form, path, text) in [
        ("Java", "tools/List.java", r"int \u006eominal_id = 1;"),
        ("Java, many u", "tools/List.java", r"int \uuuu006eominal\u005fid = 1;"),
        ("JSON", "tools/a.json", r#"{"\u006eominal_id": 1}"#),
        ("JavaScript", "tools/a.js", r"let \u{6e}ominal_id = 1;"),
        ("a hexadecimal escape", "tools/list.py", r#"row["\x6eominal_id"]"#),
        ("an octal escape", "tools/list.py", r#"row["\156ominal_id"]"#),
        ("a long escape", "tools/list.py", r#"row["\U0000006eominal_id"]"#),
        ("two halves", "tools/a.json", r#"{"\ud835\udc27ominal_id": 1}"#),
        ("XML", "tools/a.xml", "<a key=\"&#110;ominal_&#x69;d\"/>"),
        ("a tabulator before it", "tools/list.py", r#"print("\tnominal_id")"#),
        ("SQL", "tools/list.sql", r#"SELECT U&"\006eominal_id";"#),
        ("a letter by its name", "tools/list.py", r#"row["\N{LATIN SMALL LETTER N}ominal_id"]"#),
        ("a spliced line", "tools/list.c", "int nomi\\\nnal_id = 1;"),
    ] {
        inside_text(form, path, &format!("{text}\n"));
    }
}

#[test]
fn attack_94_only_changed_lines_are_read_in_other_spellings_too() {
    let old = "a = row['\\x6eominal_id']\nb = 1\n";
    let before = [Edit::Write("tools/row.py", old)];
    let elsewhere = changed_from(&before, &[Edit::Write("tools/row.py", &old.replace("b = 1", "b = 2"))]);
    assert_outside("another line", elsewhere);
    let removed = changed_from(&before, &[Edit::Write("tools/row.py", "b = 1\n")]);
    assert_inside("a removed line", removed, "tools/row.py");
}

#[test]
fn twin_94_escapes_and_other_alphabets_of_other_words_stay_outside() {
    for text in [
        "print('\\u00fcber \\x41 \\n &#110; \\N{BULLET}')\n",
        "int nominal = 1; // \u{ff29}\u{ff24}\n",
        "\u{43d}\u{43e}\u{43c}\u{435}\u{440} = 1\n",
    ] {
        assert_outside(text, changed(&[Edit::Write("tools/other.py", text)]));
    }
}

// Links.

#[test]
fn attack_94_a_link_ends_where_the_system_ends_it() {
    for target in
        ["../services/upload/load.sql\0", "../services/upload\0/../../docs", "../services/upload\0x"]
    {
        let link = Edit::Link("tools/link", target);
        let stage = changed_by(&crate::support::inside::by_path_alone(), &[], &[link]);
        let path = target.split('\0').next().unwrap().trim_start_matches("../");
        assert_inside(&format!("{target:?}"), stage, path);
    }
}

#[test]
fn twin_94_a_link_elsewhere_stays_outside() {
    assert_outside("docs", changed(&[Edit::Link("tools/link", "../docs/guide.md")]));
}
