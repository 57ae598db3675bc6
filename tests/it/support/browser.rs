//! A headless Chromium, driven over WebDriver. It ends with the test, and so does its driver.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use nix::{
    sys::{
        prctl,
        signal::{Signal, killpg},
    },
    unistd::Pid,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{PATIENCE, eventually};

/// Browsers at once: each keeps a processor busy while it starts.
static ROOM: Semaphore = Semaphore::const_new(2);
/// Drivers that are started before one serves.
const DRIVERS: usize = 5;

/// How a browser differs from what it is usually.
#[derive(Clone, Copy, Default)]
pub struct Setup {
    pub without_scripts: bool,
    pub wants_less_motion: bool,
    pub is_dark: bool,
    pub is_phone: bool,
}

/// A browser with one window.
pub struct Browser {
    pub client: Client,
    /// The driver and all that it started.
    group: Pid,
    _profile: TempDir,
    _room: SemaphorePermit<'static>,
}

impl Browser {
    pub async fn start() -> Self {
        Self::start_as(Setup::default()).await
    }

    pub async fn start_as(setup: Setup) -> Self {
        let room = ROOM.acquire().await.expect("never closed");
        let (group, port) = tokio::task::spawn_blocking(start_driver).await.expect("a driver");
        let profile = tempfile::tempdir().expect("a directory for the browser");
        let size = if setup.is_phone { "--window-size=390,844" } else { "--window-size=1440,900" };
        let mut arguments = vec![
            "--headless".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--lang=en-US".to_owned(),
            // It notices by this when its driver is gone.
            "--remote-debugging-pipe".to_owned(),
            size.to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        if setup.wants_less_motion {
            arguments.push("--force-prefers-reduced-motion".to_owned());
        }
        if setup.is_dark {
            arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
        }
        let mut options = json!({"args": arguments});
        if setup.without_scripts {
            options["prefs"] = json!({"profile.managed_default_content_settings.javascript": 2});
        }
        let capabilities = json!({"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
        let Value::Object(capabilities) = capabilities else { unreachable!("an object") };
        let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        let client = builder.capabilities(capabilities).connect(&format!("http://127.0.0.1:{port}")).await;
        let client = client.unwrap_or_else(|error| {
            let _ = killpg(group, Signal::SIGKILL);
            panic!("no browser: {error}");
        });
        Self { client, group, _profile: profile, _room: room }
    }

    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("a page");
    }

    /// What a script returns.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{error}: {script}"))
    }

    /// Waits until a script returns something true, and returns that.
    pub async fn until(&self, script: &str) -> Value {
        let waiting = eventually(script, async || {
            let value = self.run(script).await;
            let is_so =
                !matches!(value, Value::Null | Value::Bool(false)) && value != json!(0) && value != json!([]);
            is_so.then_some(value)
        });
        waiting.await
    }

    pub async fn find(&self, selector: &str) -> Element {
        self.client.find(Locator::Css(selector)).await.expect("an element")
    }

    /// Clicks on a link with this text.
    pub async fn follow(&self, link: &str) {
        let link = self.client.find(Locator::LinkText(link)).await.expect("a link");
        link.click().await.expect("a click");
    }

    /// Types into a field, in the place of what is there.
    pub async fn type_in(&self, selector: &str, text: &str) {
        let field = self.find(selector).await;
        field.clear().await.expect("a field");
        field.send_keys(text).await.expect("keys");
    }

    /// Presses keys, wherever the focus is.
    pub async fn press(&self, keys: &str) {
        self.client.active_element().await.expect("a focus").send_keys(keys).await.expect("keys");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver is the group's leader, and is reaped by the thread that started it only after this.
        let _ = killpg(self.group, Signal::SIGKILL);
    }
}

/// Starts a driver in a process group of its own, and returns the group and the port. It wants the same port of IPv4 and
/// of IPv6, takes a free one of one kind, and ends where that of the other is in use.
fn start_driver() -> (Pid, u16) {
    (0..DRIVERS).find_map(|_| try_driver()).expect("the driver serves")
}

/// A driver, unless it ends without serving.
fn try_driver() -> Option<(Pid, u16)> {
    let mut command = Command::new("chromedriver");
    command
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0);
    // SAFETY: prctl only makes a system call.
    unsafe {
        command.pre_exec(|| Ok(prctl::set_pdeathsig(Signal::SIGKILL)?));
    }
    let (serves, served) = mpsc::channel();
    // The kernel ties the child to the thread that made it, so that thread stays.
    thread::spawn(move || {
        let mut child = command.spawn().expect("chromedriver, which scripts/setup.sh --dev installs");
        let group = Pid::from_raw(child.id().cast_signed());
        for line in BufReader::new(child.stdout.take().expect("what it says")).lines().map_while(Result::ok) {
            let port = line
                .split_once("started successfully on port ")
                .map(|(_, port)| port.trim_end_matches('.').parse());
            if let Some(Ok(port)) = port {
                let _ = serves.send((group, port));
            }
        }
        let _ = child.wait();
    });
    match served.recv_timeout(PATIENCE) {
        Ok(driver) => Some(driver),
        Err(RecvTimeoutError::Disconnected) => None,
        Err(RecvTimeoutError::Timeout) => panic!("the driver serves"),
    }
}
