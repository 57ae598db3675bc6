//! Replicas of Rankora in processes of their own, as clients find them.

use std::sync::{Mutex, RwLock};

use nix::sys::signal::Signal;

use crate::support::{api::Api, process::Process, world::World};

/// Several replicas on one Redis.
pub struct Fleet {
    world: World,
    processes: Mutex<Vec<Process>>,
    /// What a client would get from its load balancer.
    apis: RwLock<Vec<Api>>,
}

impl Fleet {
    /// Starts them, and waits until they are ready.
    pub async fn start(world: World, replicas: usize) -> Self {
        let (mut processes, mut apis) = (Vec::new(), Vec::new());
        for _ in 0..replicas {
            let process = world.process().start();
            process.ready().await;
            apis.push(process.api("").await);
            processes.push(process);
        }
        Self { world, processes: Mutex::new(processes), apis: RwLock::new(apis) }
    }

    /// Where their data is.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// A client of one of them; any number will do.
    pub fn api(&self, nth: usize, key: &str) -> Api {
        let apis = self.apis.read().expect("replicas");
        apis[nth % apis.len()].with_key(key)
    }

    /// A client of each of them.
    pub fn apis(&self, key: &str) -> Vec<Api> {
        self.apis.read().expect("replicas").iter().map(|api| api.with_key(key)).collect()
    }

    /// Replaces each by a new process, in order, one after the other.
    pub async fn restart_all(&self) {
        let replicas = self.processes.lock().expect("replicas").len();
        for nth in 0..replicas {
            let old = self.processes.lock().expect("replicas").remove(nth);
            old.signal(Signal::SIGTERM);
            old.ended().await;
            let new = self.world.process().start();
            new.ready().await;
            self.apis.write().expect("replicas")[nth] = new.api("").await;
            self.processes.lock().expect("replicas").insert(nth, new);
        }
    }

    /// Waits until all of them are ready.
    pub async fn ready(&self) {
        let apis = self.apis.read().expect("replicas").clone();
        for api in apis {
            crate::support::eventually("readiness", async || api.is_ready().await.then_some(())).await;
        }
    }

    /// What they have logged, one after the other.
    pub fn logs(&self) -> String {
        let processes = self.processes.lock().expect("replicas");
        processes.iter().map(Process::log).collect::<Vec<_>>().join("\n\n")
    }
}
