//! The greeting and the login, as a client sends them.

/// Who logs in, and to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: String,
    pub application: String,
    pub database: String,
    /// `ApplicationIntent=ReadOnly`.
    pub reads_only: bool,
}

/// Where LOGIN7 has the places of its texts, and what the client is.
const USER: usize = 40;
const PASSWORD: usize = 44;
const APPLICATION: usize = 48;
const DATABASE: usize = 68;
const TYPE_FLAGS: usize = 26;
const READ_ONLY: u8 = 1 << 5;

pub fn read_login(content: &[u8]) -> Login {
    let hidden = read_part(content, PASSWORD);
    let password: Vec<u8> = hidden.iter().map(|byte| (byte ^ 0xa5).rotate_right(4)).collect();
    Login {
        user: read_wide(&read_part(content, USER)),
        password: read_wide(&password),
        application: read_wide(&read_part(content, APPLICATION)),
        database: read_wide(&read_part(content, DATABASE)),
        reads_only: content[TYPE_FLAGS] & READ_ONLY != 0,
    }
}

/// A text whose place and length in characters are here.
fn read_part(content: &[u8], at: usize) -> Vec<u8> {
    let number = |at: usize| usize::from(u16::from_le_bytes([content[at], content[at + 1]]));
    let start = number(at);
    content[start..start + number(at + 2) * 2].to_vec()
}

pub fn read_wide(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).unwrap()
}

/// What a greeting says of TLS.
pub fn find_encryption(greeting: &[u8]) -> u8 {
    let place = greeting.chunks(5).take_while(|place| place[0] != 0xff).find(|place| place[0] == 1).unwrap();
    greeting[usize::from(u16::from_be_bytes([place[1], place[2]]))]
}

/// A greeting of SQL Server 2019: version, TLS, instance, thread and MARS.
pub fn write_greeting(encryption: u8) -> Vec<u8> {
    let parts: [(u8, &[u8]); 5] =
        [(0, &[15, 0, 16, 40, 0, 0]), (1, &[encryption]), (2, &[0]), (3, &[]), (4, &[0])];
    let mut at = u16::try_from(parts.len() * 5 + 1).unwrap();
    let mut greeting = Vec::new();
    for (token, content) in parts {
        let length = u16::try_from(content.len()).unwrap();
        greeting.push(token);
        greeting.extend_from_slice(&at.to_be_bytes());
        greeting.extend_from_slice(&length.to_be_bytes());
        at += length;
    }
    greeting.push(0xff);
    greeting.extend(parts.iter().flat_map(|(_, content)| content.iter()));
    greeting
}

/// Sends the client to another server, by TCP.
pub fn write_routing(host: &str, port: u16) -> Vec<u8> {
    let name: Vec<u8> = host.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut place = vec![0];
    place.extend_from_slice(&port.to_le_bytes());
    place.extend_from_slice(&u16::try_from(host.len()).unwrap().to_le_bytes());
    place.extend_from_slice(&name);
    let mut content = vec![20];
    content.extend_from_slice(&u16::try_from(place.len()).unwrap().to_le_bytes());
    content.extend_from_slice(&place);
    content.extend_from_slice(&[0, 0]);
    [&[0xe3][..], &u16::try_from(content.len()).unwrap().to_le_bytes(), &content].concat()
}
