//! Rules as an organisation would have them.

use daypass_entitlements::DEFAULT_POLICIES;

/// The shipped rules and more, so that there are `count` in all: one about each team and its project, some with terms.
pub(crate) fn with(count: usize) -> String {
    let shipped = DEFAULT_POLICIES.lines().filter(|line| line.starts_with("@id(")).count();
    let rule = |number: usize| {
        let terms = if number.is_multiple_of(5) { "@approvals(\"1\") @approvers(\"leads\") " } else { "" };
        format!(
            "@id(\"project-{number}\") {terms}permit (principal in Group::\"team-{number}\", \
             action == Action::\"RequestSession\", resource)\n\
             when {{ resource == Project::\"project-{number}\" && context.tier == Tier::\"developer\" && \
             context.address.isInRange(ip(\"192.0.2.0/24\")) }};\n"
        )
    };
    (shipped..count).fold(DEFAULT_POLICIES.to_owned(), |text, number| text + &rule(number))
}
