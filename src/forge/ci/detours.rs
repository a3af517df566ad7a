//! What in the environment comes between the gate and the host: a proxy, other certificates,
//! another address, code that the system loads into every program. A step of the same job can set
//! these for later steps (`GITHUB_ENV`), and so can the owner of the machine, for honest reasons.
//! The gate cannot tell which it was, so it notes them.

use super::TABLE;
use portcullis_model::facts::Detour;

/// Read by the HTTP client, in capitals or not.
const PROXIES: [&str; 4] = ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"];
/// Read in place of the machine's certificate store.
const CERTIFICATES: [&str; 2] = ["SSL_CERT_DIR", "SSL_CERT_FILE"];
/// Read by the system when it starts a program (ld.so(8), dyld(1)): code from there runs within the
/// gate.
const LOADERS: [&str; 6] = [
    "DYLD_FRAMEWORK_PATH",
    "DYLD_INSERT_LIBRARIES",
    "DYLD_LIBRARY_PATH",
    "LD_AUDIT",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
];

/// Every such setting, sorted by name.
pub fn detours(variables: impl Iterator<Item = (String, String)>) -> Vec<Detour> {
    let all: Vec<(String, String)> = variables.filter(|(_, value)| !value.is_empty()).collect();
    let mut found: Vec<Detour> = all.iter().filter(|(name, _)| is_detour(name)).map(detour).collect();
    found.extend(TABLE.iter().filter_map(|system| (system.other_address)(&all)));
    found.sort();
    found
}

fn is_detour(name: &str) -> bool {
    PROXIES.iter().any(|known| known.eq_ignore_ascii_case(name))
        || CERTIFICATES.contains(&name)
        || LOADERS.contains(&name)
}

/// The setting as it is noted, without passwords and tokens.
pub(super) fn detour((name, value): &(String, String)) -> Detour {
    Detour { variable: name.clone(), value: without_secrets(value) }
}

/// A proxy's address may hold a password, and a query may hold a token.
fn without_secrets(value: &str) -> String {
    let after = value.rsplit_once('@').map_or(value, |(_, after)| after);
    after.split(['?', '#']).next().unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Vec<String> {
        let all = variables.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        detours(all).into_iter().map(|detour| format!("{}={}", detour.variable, detour.value)).collect()
    }

    #[test]
    fn proxies_in_any_case_and_certificates_are_named_without_secrets() {
        let found = of(&[
            ("https_proxy", "http://kim:secret@proxy.example.test:8080/?token=secret"),
            ("HTTP_PROXY", "proxy.example.test"),
            ("No_Proxy", "*"),
            ("SSL_CERT_FILE", "/tmp/ca.pem"),
            ("LD_PRELOAD", "/tmp/gate.so"),
            ("LD_LIBRARY_PATH", ""),
            ("all_proxy", ""),
            ("PATH", "/bin"),
        ]);
        let expected = [
            "HTTP_PROXY=proxy.example.test",
            "LD_PRELOAD=/tmp/gate.so",
            "No_Proxy=*",
            "SSL_CERT_FILE=/tmp/ca.pem",
            "https_proxy=proxy.example.test:8080/",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_address_of_the_api_is_the_servers_own() {
        for (server, api) in [
            ("https://github.com", "https://api.github.com"),
            ("https://github.com/", "https://API.github.com/"),
            ("https://example.ghe.com", "https://api.example.ghe.com"),
            ("https://git.example.test", "https://git.example.test/api/v3"),
            ("https://gitea.example.test", "https://gitea.example.test/api/v1"),
        ] {
            assert_eq!(of(&[("GITHUB_SERVER_URL", server), ("GITHUB_API_URL", api)]), [""; 0], "{server}");
        }
        for (server, api) in [
            ("https://github.com", "https://github.com/api/v3"),
            ("https://github.com", "https://api.github.com.example.test"),
            ("https://git.example.test", "https://api.github.com"),
            ("https://git.example.test", "http://git.example.test/api/v3"),
        ] {
            assert_eq!(
                of(&[("GITHUB_SERVER_URL", server), ("GITHUB_API_URL", api)]).len(),
                1,
                "{server} {api}"
            );
        }
        assert_eq!(
            of(&[("GITHUB_API_URL", "https://git.example.test/api/v3")]),
            [""; 0],
            "named by a person"
        );
    }
}
