//! Commands about references, tasks and cases.

use super::{Script, Words, device, location, number};
use crate::tests::bench::HERE;
use crate::tests::show::Seen;
use crate::{
    ApplicationId, ClaimTasks, Command, ExpireTask, Failure, FailureCode, FenceReference, PostMessage,
    ResolveCase, ResolveTask, TaskAnswer, Via,
};

impl Script {
    pub(super) fn work(&mut self, words: &Words<'_>) -> Seen {
        let place = location(words).unwrap_or(HERE);
        let name = words.next();
        let (via, command) = match words.verb {
            "fence" => (
                Via::Native,
                Command::FenceReference(FenceReference {
                    application: ApplicationId(words.number("whose").unwrap_or(1)),
                    location: place,
                    text: name.to_owned(),
                }),
            ),
            "claim" => (
                Via::Till,
                Command::ClaimTasks(ClaimTasks {
                    location: place,
                    device: device(name),
                    max: words.number("max").unwrap_or(10),
                    lease_ms: words.number("lease").unwrap_or(30_000),
                }),
            ),
            "done" | "refuse" => {
                let answer = if words.verb == "done" {
                    TaskAnswer::Confirm
                } else {
                    TaskAnswer::Refuse(Failure {
                        code: FailureCode::from_code(words.next()),
                        message: words.option("says").map(str::to_owned),
                    })
                };
                let command = Command::ResolveTask(ResolveTask {
                    task: self.task(name),
                    location: place,
                    lease: words.number("lease").unwrap_or(1),
                    answer,
                });
                (Via::Till, command)
            }
            "expire" => (
                Via::Server,
                Command::ExpireTask(ExpireTask {
                    task: self.task(name),
                }),
            ),
            "message" => (
                Via::Kseries,
                Command::PostMessage(PostMessage {
                    location: place,
                    text: name.to_owned(),
                    also_print: true,
                    ttl_ms: number(words.next()),
                }),
            ),
            _ => (
                Via::Console,
                Command::ResolveCase(ResolveCase {
                    case: self.case_id(name),
                    resolution: words.next().to_owned(),
                }),
            ),
        };
        let caller = Self::caller(words, via);
        self.decide(caller, &command, None)
    }
}
