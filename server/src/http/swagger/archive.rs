//! Where do the files of Swagger UI come from? Out of the archive of its release, taken at compile time and never unpacked.
//!
//! A file lies in a zip as the same compressed stream that gzip has, with the same checksum: another header and another end make the
//! one of the other. So the binary carries nothing but the files that are served, compressed, and no code that compresses.

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;

/// `swagger-ui-bundle.js`, as gzip.
pub(super) static SCRIPT: [u8; SCRIPT_FILE.gzip_len()] = SCRIPT_FILE.gzip();
/// `swagger-ui.css`, as gzip.
pub(super) static STYLE: [u8; STYLE_FILE.gzip_len()] = STYLE_FILE.gzip();
/// The licence of both, as gzip.
pub(super) static LICENSE: [u8; LICENSE_FILE.gzip_len()] = LICENSE_FILE.gzip();

const SCRIPT_FILE: File = File::find(b"/dist/swagger-ui-bundle.js");
const STYLE_FILE: File = File::find(b"/dist/swagger-ui.css");
const LICENSE_FILE: File = File::find(b"/LICENSE");

/// RFC 1952 §2.3: deflate, no name, no time, an unknown system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A file of the archive.
struct File {
    deflated: &'static [u8],
    /// Checksum and length of what it is uncompressed, as both formats write them.
    end: [u8; 8],
}

impl File {
    /// The file whose path, after the one directory that everything is in, is this one. Without it nothing is compiled.
    #[expect(clippy::panic, reason = "it runs while the program is compiled, and stops that")]
    const fn find(path: &[u8]) -> Self {
        let mut archive = SWAGGER_UI_VENDORED;
        // Each file begins with a header of 30 bytes (APPNOTE.TXT §4.3.7).
        while let Some((header, rest)) = archive.split_first_chunk::<30>() {
            let [b'P', b'K', 3, 4, _, _, flags, _, method, _, _, _, _, _, more @ ..] = *header else { break };
            let [c0, c1, c2, c3, d0, d1, d2, d3, u0, u1, u2, u3, n0, n1, e0, e1] = more;
            let (name, rest) = rest.split_at(u16::from_le_bytes([n0, n1]) as usize);
            let (_, rest) = rest.split_at(u16::from_le_bytes([e0, e1]) as usize);
            let (deflated, rest) = rest.split_at(u32::from_le_bytes([d0, d1, d2, d3]) as usize);
            if ends_with(name, path) && name.len() - path.len() == first_slash(name) {
                assert!(method == 8 && flags & 8 == 0, "it is deflated, and its sizes stand before it");
                return Self { deflated, end: [c0, c1, c2, c3, u0, u1, u2, u3] };
            }
            archive = rest;
        }
        panic!("the archive has no such file")
    }

    const fn gzip_len(&self) -> usize {
        GZIP_HEADER.len() + self.deflated.len() + self.end.len()
    }

    const fn gzip<const N: usize>(&self) -> [u8; N] {
        let mut gzip = [0; N];
        let (header, rest) = gzip.split_at_mut(GZIP_HEADER.len());
        let (body, end) = rest.split_at_mut(self.deflated.len());
        header.copy_from_slice(&GZIP_HEADER);
        body.copy_from_slice(self.deflated);
        end.copy_from_slice(&self.end);
        gzip
    }
}

const fn first_slash(mut name: &[u8]) -> usize {
    let whole = name.len();
    while let [first, rest @ ..] = name {
        if *first == b'/' {
            break;
        }
        name = rest;
    }
    whole - name.len()
}

const fn ends_with(mut name: &[u8], mut end: &[u8]) -> bool {
    while let ([head @ .., one], [end_head @ .., other]) = (name, end) {
        if *one != *other {
            return false;
        }
        (name, end) = (head, end_head);
    }
    end.is_empty()
}
