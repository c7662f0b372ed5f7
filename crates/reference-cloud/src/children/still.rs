//! Lets the machines of an allocation stand still while their volume is copied, so that the copy is of one moment.

use std::io;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::{Children, ProcessId};
use crate::store::AllocationRow;

/// Time for a machine to come to a standstill; it only has to finish the write it is in.
const STILL_LIMIT: Duration = Duration::from_secs(5);

/// Machines that stand still until this is dropped.
#[derive(Debug)]
pub(crate) struct Standstill {
    children: Arc<Children>,
    id: String,
    processes: Vec<ProcessId>,
}

impl Standstill {
    /// Whether there is anything that stands still.
    pub(crate) fn is_of_something(&self) -> bool {
        !self.processes.is_empty()
    }

    fn go_on(&mut self) {
        for process in self.processes.drain(..) {
            if let Err(error) = process.go_on() {
                tracing::error!(child.pid = process.pid, %error, "a machine cannot go on");
            }
        }
        self.children.still.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

impl Drop for Standstill {
    fn drop(&mut self) {
        self.go_on();
    }
}

impl Children {
    /// Makes every machine of an allocation stand still. The caller holds the allocation's lock, so that nobody takes
    /// a machine that does not answer for a hung one in the middle of it.
    pub(crate) async fn stand_still(
        self: &Arc<Self>,
        row: &AllocationRow,
    ) -> io::Result<Standstill> {
        let (children, id) = (Arc::clone(self), row.id.clone());
        self.still.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        let mut still = Standstill { children, id, processes: Vec::new() };
        for process in self.processes(row) {
            // Noted first: whatever happens, it goes on again.
            still.processes.push(process.clone());
            process.pause(STILL_LIMIT).await?;
        }
        Ok(still)
    }

    /// Lets machines go on that a cloud which was killed left standing; the system does so only where it has noticed.
    pub(crate) fn let_go_on(&self, row: &AllocationRow) -> io::Result<()> {
        self.processes(row).iter().try_for_each(ProcessId::go_on)
    }

    pub(super) fn stands_still(&self, id: &str) -> bool {
        self.still.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    fn processes(&self, row: &AllocationRow) -> Vec<ProcessId> {
        let files = (0..row.instances).map(|index| self.slot(&row.id, index).process_file);
        files.filter_map(|file| ProcessId::read(&file)).filter(ProcessId::is_alive).collect()
    }
}
