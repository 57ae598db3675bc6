use super::*;

fn target(url: &str) -> Result<Target, StoreError> {
    parse(url, &Tls::default())
}

fn refusal(url: &str) -> String {
    target(url).map(|_| ()).expect_err("a refusal").to_string()
}

#[test]
fn sentinels_are_read_with_the_primarys_name_its_database_and_both_logins() {
    let url = "redis+sentinel://me:p%40ss@s1:26380,s2,[::1]:5/my%20master/3?sentinel_username=us&sentinel_password=them";
    let Ok(Target::Sentinel { sentinels, name, login }) = target(url) else { panic!("not sentinels") };
    let addresses: Vec<_> =
        sentinels.iter().map(|client| client.get_connection_info().addr().to_string()).collect();
    assert_eq!(addresses, ["s1:26380", "s2:26379", "::1:5"]);
    assert_eq!(name, "my master");
    let of_sentinels = sentinels[0].get_connection_info().redis_settings();
    assert_eq!((of_sentinels.username(), of_sentinels.password()), (Some("us"), Some("them")));
    assert_eq!(
        (login.redis.username(), login.redis.password(), login.redis.db()),
        (Some("me"), Some("p@ss"), 3)
    );
    assert!(login.tls.is_none());
}

#[test]
fn a_cluster_is_read_with_its_seeds_and_with_tls_where_asked() {
    let Ok(Target::Cluster { seeds, login }) = target("rediss+cluster://:secret@a,b:7000/0") else {
        panic!("not a cluster")
    };
    let address = |host: &str, port| Address { host: host.to_owned(), port };
    assert_eq!(seeds, [address("a", 6379), address("b", 7000)]);
    assert_eq!((login.redis.username(), login.redis.password()), (None, Some("secret")));
    assert!(login.tls.is_some());
}

#[test]
fn single_servers_are_read_as_ever() {
    for url in ["redis://localhost", "redis://u:p@localhost:1/2", "rediss://localhost", "redis+unix:///tmp/s"]
    {
        assert!(matches!(target(url), Ok(Target::Server(_))), "{url}");
    }
}

#[test]
fn what_is_wrong_is_said_without_the_password() {
    for url in [
        "redis+sentinel://:geheim@s1:26379",
        "redis+sentinel://:geheim@s1:x/m",
        "redis+sentinel://:geheim@s1/m/x",
        "redis+sentinel://:geheim@s1/m?sentinel=1",
        "redis+cluster://:geheim@",
        "redis+cluster://:geheim@a,,b",
        "redis+cluster://:geheim@a/3",
        "http://:geheim@a",
        "geheim",
    ] {
        let refusal = refusal(url);
        assert!(!refusal.contains("geheim") && !refusal.is_empty(), "{url}: {refusal}");
    }
}
