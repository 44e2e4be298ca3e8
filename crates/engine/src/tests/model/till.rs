//! One payment, one task, two devices: leases, lateness and everything that may happen beside them.

use crate::tests::bench::MERCHANT;
use crate::tests::script::Script;
use crate::{PaymentState, TaskState};

const TTL_MS: i64 = 60_000;
const LEASE_MS: i64 = 30_000;

const COMMANDS: [&str; 10] = [
    "claim D1",
    "claim D2",
    "done T1 lease=1",
    "done T1 lease=2",
    "refuse T1 UPDATE_FAILED lease=1",
    "refuse T1 UPDATE_FAILED lease=2",
    "wait 30000",
    "expire T1",
    "confirm #1 via=native",
    "void #1 via=native",
];

#[derive(Clone, Copy, PartialEq, Debug)]
enum Task {
    Open,
    Applied(u64),
    Refused(u64),
    Expired,
    Withdrawn,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Payment {
    Waiting,
    Counted,
    Failed,
    Voided,
}

#[derive(Clone, Debug)]
struct Model {
    passed_ms: i64,
    held_until_ms: i64,
    leases: u64,
    task: Task,
    payment: Payment,
    cases: usize,
}

impl Model {
    /// The one case that a task may have.
    fn open_case(&mut self) {
        self.cases = 1;
    }

    fn answer(&mut self, lease: u64, yes: bool) -> &'static str {
        if lease > self.leases {
            return "task-not-found";
        }
        match (self.task, yes) {
            (Task::Open, true) if lease == self.leases && self.passed_ms < TTL_MS => {
                (self.task, self.payment) = (Task::Applied(lease), Payment::Counted);
                "applied"
            }
            (Task::Open, false) if lease == self.leases && self.passed_ms < TTL_MS => {
                (self.task, self.payment) = (Task::Refused(lease), Payment::Failed);
                "refused"
            }
            (Task::Applied(by), true) if by == lease => "applied",
            (Task::Refused(by), false) if by == lease => "refused",
            (_, yes) => {
                if yes {
                    self.open_case();
                }
                "superseded"
            }
        }
    }

    fn step(&mut self, command: &str) -> &'static str {
        match command {
            "claim D1" | "claim D2" => {
                let free = self.held_until_ms <= self.passed_ms && self.passed_ms < TTL_MS;
                if self.task == Task::Open && free {
                    self.leases += 1;
                    self.held_until_ms = (self.passed_ms + LEASE_MS).min(TTL_MS);
                }
                "ok"
            }
            "done T1 lease=1" => self.answer(1, true),
            "done T1 lease=2" => self.answer(2, true),
            "refuse T1 UPDATE_FAILED lease=1" => self.answer(1, false),
            "refuse T1 UPDATE_FAILED lease=2" => self.answer(2, false),
            "wait 30000" => {
                self.passed_ms += 30_000;
                "ok"
            }
            "expire T1" => {
                if self.task == Task::Open && self.passed_ms >= TTL_MS {
                    (self.task, self.payment) = (Task::Expired, Payment::Failed);
                }
                "ok"
            }
            "confirm #1 via=native" => match self.payment {
                Payment::Waiting => {
                    (self.task, self.payment) = (Task::Withdrawn, Payment::Counted);
                    "ok"
                }
                Payment::Counted => "ok",
                Payment::Failed => {
                    self.open_case();
                    "invalid-state"
                }
                Payment::Voided => "invalid-state",
            },
            "void #1 via=native" => match self.payment {
                Payment::Waiting => {
                    (self.task, self.payment) = (Task::Withdrawn, Payment::Voided);
                    "ok"
                }
                Payment::Voided => "ok",
                Payment::Counted | Payment::Failed => "invalid-state",
            },
            other => panic!("no command {other}"),
        }
    }

    fn compare(&self, script: &Script, path: &[&str]) {
        let snapshot = &script.bench.snapshot;
        let task = &snapshot.tasks[&(MERCHANT, script.tasks[0])];
        let stands = match task.state {
            TaskState::Open => Task::Open,
            TaskState::Applied => Task::Applied(task.resolved_lease.expect("a lease")),
            TaskState::Refused(_) => Task::Refused(task.resolved_lease.expect("a lease")),
            TaskState::Expired => Task::Expired,
            TaskState::Withdrawn => Task::Withdrawn,
        };
        let payment = match snapshot.payments[&(MERCHANT, task.payment.expect("a payment"))].state {
            PaymentState::Pending => Payment::Waiting,
            PaymentState::Complete => Payment::Counted,
            PaymentState::Failed => Payment::Failed,
            PaymentState::Voided => Payment::Voided,
            other => panic!("{other:?}"),
        };
        let found = (stands, task.lease, payment, script.cases.len());
        let expected = (self.task, self.leases, self.payment, self.cases);
        assert_eq!(found, expected, "(task, lease, payment, cases) after {path:?}");
        assert!(task.leased_until <= task.expires_at);
    }
}

fn explore(script: &Script, model: &Model, depth: usize, path: &mut Vec<&'static str>) -> usize {
    let mut seen = 0;
    for command in COMMANDS {
        let (mut script, mut model) = (script.clone(), model.clone());
        path.push(command);
        let expected = model.step(command);
        assert_eq!(script.step(command).result(), expected, "after {path:?}");
        model.compare(&script, path);
        seen += 1;
        if depth > 1 {
            seen += explore(&script, &model, depth - 1, path);
        }
        path.pop();
    }
    seen
}

#[test]
fn every_sequence_of_answers() {
    let mut script = Script::new("JPY");
    script.step("open 10");
    script.step("pay kseries 4 ref=R1 ttl=60000");
    let model = Model {
        passed_ms: 0,
        held_until_ms: 0,
        leases: 0,
        task: Task::Open,
        payment: Payment::Waiting,
        cases: 0,
    };
    let seen = explore(&script, &model, 5, &mut Vec::new());
    assert_eq!(seen, 111_110);
}
