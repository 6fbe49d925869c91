//! Where services answer when the environment says so. A process cannot change its own environment safely, so that each
//! test runs itself again in a process that has the variables.

use daypass_aws::client::{Place, configuration};
use daypass_aws::iam::AwsCloud;
use daypass_aws::s3::Objects;
use daypass_aws::sns::SnsAlerts;
use daypass_vending::ids::RoleName;
use daypass_vending::ports::{Cloud, Liveness};
use daypass_vending::secret::{Credentials, Secret};

use crate::stub::{Reply, Stub, error, success};

/// Says in the second process where the service's stand-in is.
const INNER: &str = "DAYPASS_TEST_INNER";

/// Run the test of this name again with these variables.
async fn again(test: &str, variables: &[(&str, &str)]) {
    let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("endpoints::{test}")]).env(INNER, "yes");
    for name in ["AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_CONFIG_FILE"] {
        command.env_remove(name);
    }
    command.envs([("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "secret")]);
    let output = command.envs(variables.iter().copied()).output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

fn is_inner() -> bool {
    std::env::var_os(INNER).is_some()
}

async fn from_environment(endpoint_url: Option<String>) -> aws_config::SdkConfig {
    configuration(&Place { region: None, endpoint_url }).await.unwrap()
}

fn credentials() -> Credentials {
    Credentials {
        access_key_id: "ASIA1".to_owned(),
        secret_access_key: Secret::new("secret-half".to_owned()),
        session_token: Secret::new("token-half".to_owned()),
        expires_at: crate::stub::FAR.parse().unwrap(),
        role: RoleName::found("dp-acme-web-1"),
    }
}

#[tokio::test]
async fn the_probe_goes_where_the_variable_of_ec2_says() {
    if !is_inner() {
        let (ec2, others) =
            (Stub::start(|_| success("DescribeRegions", "")).await, Stub::start(|_| Reply::Reset).await);
        let variables = [("AWS_ENDPOINT_URL_EC2", ec2.url()), ("AWS_ENDPOINT_URL", others.url())];
        again("the_probe_goes_where_the_variable_of_ec2_says", &variables).await;
        assert_eq!((ec2.seen("DescribeRegions").len(), others.seen("DescribeRegions").len()), (1, 0));
        return;
    }
    let cloud = AwsCloud::new(from_environment(None).await, crate::options()).unwrap();
    assert_eq!(cloud.probe(&credentials()).await, Ok(Liveness::Alive));
}

#[tokio::test]
async fn the_clients_of_the_sdk_go_where_their_own_variables_say_and_others_to_the_common_one() {
    if !is_inner() {
        let missing = "<Error><Code>NoSuchKey</Code><Message>because</Message></Error>";
        let s3 = Stub::start(move |_| Reply::Answer(404, missing.to_owned())).await;
        let others = Stub::start(|_| error(404, "NotFound")).await;
        let name = "the_clients_of_the_sdk_go_where_their_own_variables_say_and_others_to_the_common_one";
        again(name, &[("AWS_ENDPOINT_URL_S3", s3.url()), ("AWS_ENDPOINT_URL", others.url())]).await;
        assert_eq!((s3.seen("GetObject").len(), others.seen("GetObject").len()), (1, 0));
        assert_eq!((s3.seen("Publish").len(), others.seen("Publish").len()), (0, 1));
        return;
    }
    use daypass_vending::ports::AlertChannel as _;
    let config = from_environment(None).await;
    let read = Objects::new(&config, None).read(&"s3://acme-config/key".parse().unwrap(), 1).await;
    assert!(matches!(read, Err(daypass_aws::s3::ObjectError::NotFound { .. })), "{read:?}");
    let topic = "arn:aws:sns:eu-central-1:111122223333:daypass-alerts".to_owned();
    let sent = SnsAlerts::new(&config, topic).deliver(&crate::keys_and_alerts::alert()).await;
    assert!(sent.unwrap_err().0.contains("NotFound"));
}

#[tokio::test]
async fn what_the_configuration_file_says_comes_before_all_variables() {
    if !is_inner() {
        let (said, variable) =
            (Stub::start(|_| success("DescribeRegions", "")).await, Stub::start(|_| Reply::Reset).await);
        let variables = [("AWS_ENDPOINT_URL_EC2", variable.url()), ("DAYPASS_TEST_SAID", said.url())];
        again("what_the_configuration_file_says_comes_before_all_variables", &variables).await;
        assert_eq!((said.seen("DescribeRegions").len(), variable.seen("DescribeRegions").len()), (1, 0));
        return;
    }
    let said = std::env::var("DAYPASS_TEST_SAID").unwrap();
    let cloud = AwsCloud::new(from_environment(Some(said)).await, crate::options()).unwrap();
    assert_eq!(cloud.probe(&credentials()).await, Ok(Liveness::Alive));
}
