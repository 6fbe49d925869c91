//! Whether we are the broker that vended roles trust.

use daypass_vending::ports::CloudError;

use super::AwsCloud;
use super::failure::cloud_error;

/// Why nobody could use the roles we would make.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// We are somebody else.
    #[error("the credentials of this process are those of `{found}`, and vended roles trust `{expected}`")]
    SomebodyElse {
        /// Who we are.
        found: String,
        /// Who we should be.
        expected: String,
    },
    /// AWS does not say who we are.
    #[error("AWS does not say whose the credentials of this process are")]
    NotKnown(#[source] CloudError),
}

impl AwsCloud {
    /// Check that this process acts as `broker_arn`, a role or a user
    /// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).
    ///
    /// # Errors
    /// See [`IdentityError`].
    pub async fn check_identity(&self, broker_arn: &str) -> Result<(), IdentityError> {
        let answer = self.sts.get_caller_identity().send().await;
        let answer = answer.map_err(|error| IdentityError::NotKnown(cloud_error("the caller", &error)))?;
        let found = answer.arn.unwrap_or_default();
        if is_session_of(&found, broker_arn) {
            return Ok(());
        }
        Err(IdentityError::SomebodyElse { found, expected: broker_arn.to_owned() })
    }
}

/// A session of a role has an ARN of its own, which has the role's name but not its path
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>).
fn is_session_of(caller: &str, broker: &str) -> bool {
    caller == broker || role_of_session(caller).is_some_and(|found| Some(found) == role(broker))
}

/// Partition, account and name of the role.
type Role<'a> = (&'a str, &'a str, &'a str);

fn role_of_session(arn: &str) -> Option<Role<'_>> {
    let (partition, rest) = arn.strip_prefix("arn:")?.split_once(":sts::")?;
    let (account, session) = rest.split_once(":assumed-role/")?;
    Some((partition, account, session.split_once('/')?.0))
}

fn role(arn: &str) -> Option<Role<'_>> {
    let (partition, rest) = arn.strip_prefix("arn:")?.split_once(":iam::")?;
    let (account, path_and_name) = rest.split_once(":role/")?;
    Some((partition, account, path_and_name.rsplit('/').next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_of_the_role_are_the_broker_and_others_are_not() {
        let broker = "arn:aws:iam::111122223333:role/service/daypass-broker";
        let user = "arn:aws:iam::111122223333:user/daypass-broker";
        assert!(is_session_of("arn:aws:sts::111122223333:assumed-role/daypass-broker/i-0abc", broker));
        assert!(is_session_of(user, user));
        for other in [
            "arn:aws:sts::444455556666:assumed-role/daypass-broker/i-0abc",
            "arn:aws:sts::111122223333:assumed-role/daypass-broker-2/i-0abc",
            "arn:aws-cn:sts::111122223333:assumed-role/daypass-broker/i-0abc",
            "arn:aws:iam::111122223333:root",
            user,
            "",
        ] {
            assert!(!is_session_of(other, broker), "{other}");
        }
        assert!(!is_session_of("nonsense", "other nonsense"));
    }
}
