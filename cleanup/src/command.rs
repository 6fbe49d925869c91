//! The command: look, show, ask, do, look again, tell.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::sync::atomic::{AtomicBool, Ordering};

use daypass_aws::deployment::Resource;
use daypass_embedded::clock::SystemClock;

use crate::arguments::Arguments;
use crate::exit::ExitStatus;
use crate::on_aws::OnAws;
use crate::plan::{Audit, Found, Plan, plan};
use crate::print::{BAD, DIM, OutputFormat, Printer, escape};
use crate::run::{Event, Outcome, Stayed, Watch, run as carry_out};
use crate::sessions::chain;
use crate::show::{Place, document, outcome_text, plan_text, step_line};

/// Do what the command line says.
pub(crate) async fn run(arguments: &Arguments, printer: &Printer) -> ExitStatus {
    if !arguments.dry_run && !arguments.force && !can_be_asked() {
        let hint = "look at the plan with --dry-run, then say --force";
        printer.fail("there is no terminal to ask at, and --force is not given", Some(hint));
        return ExitStatus::Usage;
    }
    let tell = |text: String| printer.say(&format!("{DIM}{}{DIM:#}", escape(&text)));
    let (estate, found) = match OnAws::survey(arguments, &tell).await {
        Ok(survey) => survey,
        Err(error) => {
            printer.fail(&chain(&error), None);
            return ExitStatus::Stayed;
        }
    };
    let plan = plan(&found, arguments.audit());
    let place = place(&estate);
    let view = View { printer, format: arguments.output, place: &place, found: &found, plan: &plan };
    if arguments.dry_run {
        view.plan(true);
        return ExitStatus::NothingLeft;
    }
    if plan.steps.is_empty() {
        return view.nothing_to_do();
    }
    view.plan(false);
    if !arguments.force && !confirmed(&place, arguments, printer).await {
        printer.say("nothing was changed");
        return ExitStatus::Stayed;
    }
    let outcome = until_interrupted_twice(&plan, &estate, printer).await;
    let outcome = seen_to_be_gone(outcome, &estate, arguments).await;
    view.outcome(&outcome);
    if outcome.stayed.is_empty() { ExitStatus::NothingLeft } else { ExitStatus::Stayed }
}

/// Everything that is shown.
struct View<'a> {
    printer: &'a Printer,
    format: OutputFormat,
    place: &'a Place,
    found: &'a Found,
    plan: &'a Plan,
}

impl View<'_> {
    /// The plan: data of a dry run, and otherwise something to say before asking.
    fn plan(&self, is_all: bool) {
        let text = || plan_text(self.place, self.found, self.plan);
        match (self.format, is_all) {
            (OutputFormat::Table, true) => self.printer.data(&text()),
            (OutputFormat::Json, true) => self.json(None),
            (_, false) => self.printer.say(&text()),
        }
    }

    fn nothing_to_do(&self) -> ExitStatus {
        let left = self.plan.unknown.iter().map(|resource| Stayed {
            resource: Some(resource.clone()),
            why: "carries the tag and is of a kind that this program does not know".to_owned(),
        });
        let outcome = Outcome { stayed: left.collect(), ..Outcome::default() };
        if self.plan.kept.is_empty() && outcome.stayed.is_empty() {
            let Place { deployment, account, region } = self.place;
            let text = format!("nothing carries the tag DaypassDeployment={deployment} in account {account}, {region}");
            self.printer.say(&text);
        } else {
            self.printer.say(&plan_text(self.place, self.found, self.plan));
        }
        self.outcome(&outcome);
        if outcome.stayed.is_empty() { ExitStatus::NothingLeft } else { ExitStatus::Stayed }
    }

    fn outcome(&self, outcome: &Outcome) {
        match self.format {
            OutputFormat::Table => self.printer.data(&outcome_text(outcome)),
            OutputFormat::Json => self.json(Some(outcome)),
        }
    }

    fn json(&self, outcome: Option<&Outcome>) {
        let document = document(self.place, self.found, self.plan, outcome.is_none(), outcome);
        match serde_json::to_string_pretty(&document) {
            Ok(text) => self.printer.data(&format!("{text}\n")),
            Err(error) => self.printer.fail(&error.to_string(), None),
        }
    }
}

fn place(estate: &OnAws) -> Place {
    let deployment = estate.deployment();
    Place {
        deployment: deployment.id().to_string(),
        account: deployment.account().to_string(),
        region: deployment.region().to_owned(),
    }
}

fn can_be_asked() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Whether the person typed the deployment's id: a mere `y` is typed too easily.
async fn confirmed(place: &Place, arguments: &Arguments, printer: &Printer) -> bool {
    if arguments.audit() == Audit::Delete {
        printer.say(&format!("{BAD}The trail is deleted as well, and nobody can bring it back.{BAD:#}"));
    }
    printer.say(&format!("Type `{}` to remove it:", place.deployment));
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    matches!(answer.await, Ok(Ok(line)) if line.trim() == place.deployment)
}

/// The first Ctrl-C stops after the call under way and tells what is left; the second ends at once, which is safe as well.
async fn until_interrupted_twice(plan: &Plan, estate: &OnAws, printer: &Printer) -> Outcome {
    let interrupted = AtomicBool::new(false);
    let tell = |event: Event<'_>| printer.say(&event_line(&event));
    let is_interrupted = || interrupted.load(Ordering::SeqCst);
    let watch = Watch { tell: &tell, is_interrupted: &is_interrupted };
    let twice = async {
        let _ = tokio::signal::ctrl_c().await;
        interrupted.store(true, Ordering::SeqCst);
        printer.say("stopping after what is being done now; Ctrl-C once more ends at once");
        let _ = tokio::signal::ctrl_c().await;
    };
    tokio::select! {
        outcome = carry_out(plan, estate, &SystemClock, &watch) => outcome,
        () = twice => {
            let why = "ended in the middle of a call: run this again".to_owned();
            Outcome { stayed: vec![Stayed { resource: None, why }], interrupted: true, ..Outcome::default() }
        }
    }
}

/// Ask once more what carries the tag: what is found now and was not told yet has stayed, too.
async fn seen_to_be_gone(mut outcome: Outcome, estate: &OnAws, arguments: &Arguments) -> Outcome {
    if outcome.interrupted {
        return outcome;
    }
    let left = match estate.deployment().find().await {
        Ok(resources) => plan(&Found { resources, ..Found::default() }, arguments.audit()),
        Err(error) => {
            let why = format!("AWS does not say whether anything is left: {error}");
            outcome.stayed.push(Stayed { resource: None, why });
            return outcome;
        }
    };
    // What failed on its way out may be gone all the same.
    let is_left = |resource: &Resource| left.goes().chain(&left.unknown).any(|found| found.arn == resource.arn);
    outcome.stayed.retain(|stayed| stayed.resource.as_ref().is_none_or(is_left));
    for resource in left.goes().chain(&left.unknown) {
        let is_told = |stayed: &Stayed| stayed.resource.as_ref().is_some_and(|told| told.arn == resource.arn);
        if !outcome.stayed.iter().any(is_told) {
            let why = "is still there, or was made meanwhile".to_owned();
            outcome.stayed.push(Stayed { resource: Some(resource.clone()), why });
        }
    }
    outcome
}

fn event_line(event: &Event<'_>) -> String {
    match event {
        Event::Begins(step) => step_line(step),
        Event::Goes(text) => format!("  {DIM}{}{DIM:#}", escape(text)),
        Event::Done(_) => format!("  {DIM}done{DIM:#}"),
        Event::Failed(_, why) => format!("  {BAD}{}{BAD:#}", escape(why)),
    }
}
