//! One of every kind of what a deployment consists of, as Terraform makes it, with a tag or without.

use daypass_aws::dynamo::{TableNames, client, create_tables};
use serde_json::{Value, json};

use crate::ministack::{Answer, Call, Hub, Key, REGION};

/// What was made, under names that begin with a prefix, and how to see whether it is there.
pub(crate) struct Made {
    things: Vec<Thing>,
    pub(crate) bucket: String,
    pub(crate) topic_arn: String,
    pub(crate) encryption_key: String,
    pub(crate) signing_key: String,
}

struct Thing {
    label: String,
    call: Call,
    is_there: Box<dyn Fn(&Answer) -> bool + Send + Sync>,
}

/// What the roles of a deployment may do; the emulator matches less of a policy than AWS does.
const RIGHTS: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:*","kms:*","sns:*"],"Resource":"*"}]}"#;
const BY_LAMBDA: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn found(answer: &Answer) -> bool {
    answer.is_success()
}

impl Made {
    /// Make one of every kind in the hub, with the value as the deployment's tag if there is one.
    pub(crate) async fn new(hub: &Hub, prefix: &str, tag: Option<&str>) -> Self {
        let mut maker = Maker { hub, prefix, tag, things: Vec::new() };
        let (encryption_key, signing_key) = (maker.key("", &json!({})).await, maker.signing_key().await);
        maker.tables().await;
        let bucket = maker.bucket().await;
        maker.roles_and_policy().await;
        maker.functions_and_api().await;
        maker.alarm_and_dashboard().await;
        maker.events().await;
        let topic_arn = maker.topic().await;
        maker.log_groups().await;
        Self { things: maker.things, bucket, topic_arn, encryption_key, signing_key }
    }

    /// What of it is there.
    pub(crate) async fn left(&self, hub: &Hub) -> Vec<String> {
        let mut left = Vec::new();
        for thing in &self.things {
            let answer = hub.ministack.call(&Key::root(&hub.account), &thing.call).await;
            assert!(answer.status < 500, "{}: {answer:?}", thing.label);
            if (thing.is_there)(&answer) {
                left.push(thing.label.clone());
            }
        }
        left
    }

    /// All of it.
    pub(crate) fn labels(&self) -> Vec<String> {
        self.things.iter().map(|thing| thing.label.clone()).collect()
    }
}

struct Maker<'a> {
    hub: &'a Hub,
    prefix: &'a str,
    tag: Option<&'a str>,
    things: Vec<Thing>,
}

impl Maker<'_> {
    async fn must(&self, call: &Call) -> Answer {
        self.hub.ministack.must(&Key::root(&self.hub.account), call).await
    }

    fn made(
        &mut self,
        label: impl Into<String>,
        call: Call,
        is_there: impl Fn(&Answer) -> bool + Send + Sync + 'static,
    ) {
        self.things.push(Thing { label: label.into(), call, is_there: Box::new(is_there) });
    }

    /// The tag as a map, and as a list with these names for key and value.
    fn map(&self) -> Value {
        self.tag.map_or_else(|| json!({}), |tag| json!({ "DaypassDeployment": tag }))
    }

    fn list(&self, key: &str, value: &str) -> Value {
        self.tag.map_or_else(|| json!([]), |tag| json!([{ key: "DaypassDeployment", value: tag }]))
    }

    /// The tag as parameters of the query protocol.
    fn pairs(&self) -> Vec<(&str, &str)> {
        let tag = self.tag.map(|tag| [("Tags.member.1.Key", "DaypassDeployment"), ("Tags.member.1.Value", tag)]);
        tag.into_iter().flatten().collect()
    }

    async fn key(&mut self, suffix: &str, kind: &Value) -> String {
        let mut body = kind.clone();
        body["Tags"] = self.list("TagKey", "TagValue");
        let made = self.must(&Call::json("kms", "TrentService.CreateKey", &body)).await.json();
        let arn = made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
        let alias = json!({"AliasName": format!("alias/{}{suffix}", self.prefix), "TargetKeyId": arn});
        self.must(&Call::json("kms", "TrentService.CreateAlias", &alias)).await;
        let describe = Call::json("kms", "TrentService.DescribeKey", &json!({ "KeyId": arn }));
        self.made(format!("key{suffix}"), describe, |answer| {
            answer.is_success() && answer.json()["KeyMetadata"]["KeyState"] != "PendingDeletion"
        });
        let by_alias = json!({"KeyId": format!("alias/{}{suffix}", self.prefix)});
        self.made(format!("alias{suffix}"), Call::json("kms", "TrentService.DescribeKey", &by_alias), found);
        arn
    }

    async fn signing_key(&mut self) -> String {
        self.key("-signing", &json!({"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"})).await
    }

    async fn tables(&mut self) {
        let names = TableNames::with_prefix(&format!("{}-", self.prefix)).unwrap();
        let config = self.hub.ministack.configuration(&Key::root(&self.hub.account)).await;
        create_tables(&client(&config), &names).await.unwrap();
        for kind in ["sessions", "audit", "records"] {
            let table = format!("{}-{kind}", self.prefix);
            let arn = format!("arn:aws:dynamodb:{REGION}:{}:table/{table}", self.hub.account);
            let tags = json!({"ResourceArn": arn, "Tags": self.list("Key", "Value")});
            if self.tag.is_some() {
                self.must(&Call::json("dynamodb", "DynamoDB_20120810.TagResource", &tags)).await;
            }
            let describe = Call::json("dynamodb", "DynamoDB_20120810.DescribeTable", &json!({ "TableName": table }));
            self.made(format!("table {kind}"), describe, found);
        }
    }

    async fn bucket(&mut self) -> String {
        let bucket = format!("{}-{}-templates", self.prefix, self.hub.account);
        let place = format!(
            "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
        );
        self.must(&Call::s3("PUT", &format!("/{bucket}"), &place)).await;
        let versions = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        self.must(&Call::s3("PUT", &format!("/{bucket}?versioning="), versions)).await;
        if let Some(tag) = self.tag {
            let tags = format!(
                "<Tagging><TagSet><Tag><Key>DaypassDeployment</Key><Value>{tag}</Value></Tag></TagSet></Tagging>"
            );
            self.must(&Call::s3("PUT", &format!("/{bucket}?tagging="), &tags)).await;
        }
        self.must(&Call::s3("PUT", &format!("/{bucket}/templates/read-only/tier.toml"), "max = 8")).await;
        self.made("bucket", Call::s3("GET", &format!("/{bucket}"), ""), found);
        bucket
    }

    async fn roles_and_policy(&mut self) {
        let policy = format!("{}-boundary", self.prefix);
        let arn = format!("arn:aws:iam::{}:policy/daypass/{policy}", self.hub.account);
        let mut parameters = vec![("PolicyName", policy.as_str()), ("Path", "/daypass/"), ("PolicyDocument", RIGHTS)];
        parameters.extend(self.pairs());
        self.must(&Call::iam("CreatePolicy", &parameters)).await;
        self.must(&Call::iam("CreatePolicyVersion", &[("PolicyArn", &arn), ("PolicyDocument", RIGHTS)])).await;
        for kind in ["broker", "cleanup"] {
            let name = format!("{}-{kind}", self.prefix);
            let role = ("RoleName", name.as_str());
            let mut parameters = vec![role, ("AssumeRolePolicyDocument", BY_LAMBDA), ("PermissionsBoundary", &arn)];
            parameters.extend(self.pairs());
            self.must(&Call::iam("CreateRole", &parameters)).await;
            let inline = [role, ("PolicyName", "work"), ("PolicyDocument", RIGHTS)];
            self.must(&Call::iam("PutRolePolicy", &inline)).await;
            self.must(&Call::iam("AttachRolePolicy", &[role, ("PolicyArn", &arn)])).await;
            self.made(format!("role {kind}"), Call::iam("GetRole", &[role]), found);
        }
        self.made("policy", Call::iam("GetPolicy", &[("PolicyArn", &arn)]), found);
    }

    async fn functions_and_api(&mut self) {
        for kind in ["api", "cleanup"] {
            let name = format!("{}-{kind}", self.prefix);
            let role = format!("arn:aws:iam::{}:role/{}-cleanup", self.hub.account, self.prefix);
            let image = format!("111122223333.dkr.ecr.{REGION}.amazonaws.com/daypass:1");
            let body = json!({"FunctionName": name, "Role": role, "PackageType": "Image", "Code": {"ImageUri": image},
                "Tags": self.map()});
            self.must(&Call::rest("lambda", "POST", "/2015-03-31/functions", &body)).await;
            let path = format!("/2015-03-31/functions/{name}");
            self.made(format!("function {kind}"), Call::rest("lambda", "GET", &path, &Value::Null), found);
        }
        let body = json!({"name": self.prefix, "protocolType": "HTTP", "tags": self.map()});
        let made = self.must(&Call::rest("apigateway", "POST", "/v2/apis", &body)).await.json();
        let path = format!("/v2/apis/{}", made["apiId"].as_str().unwrap());
        self.made("api", Call::rest("apigateway", "GET", &path, &Value::Null), found);
    }

    async fn alarm_and_dashboard(&mut self) {
        let watch =
            |action: &str, parameters: &[(&str, &str)]| Call::query("monitoring", "2010-08-01", action, parameters);
        let alarm = format!("{}-stuck", self.prefix);
        let mut parameters = vec![
            ("AlarmName", alarm.as_str()),
            ("Namespace", "Daypass"),
            ("MetricName", "StuckSessions"),
            ("Statistic", "Maximum"),
            ("Period", "60"),
            ("EvaluationPeriods", "1"),
            ("Threshold", "0"),
            ("ComparisonOperator", "GreaterThanThreshold"),
        ];
        parameters.extend(self.pairs());
        self.must(&watch("PutMetricAlarm", &parameters)).await;
        let describe = watch("DescribeAlarms", &[("AlarmNames.member.1", &alarm)]);
        self.made("alarm", describe, |answer| answer.body.contains("<AlarmName>"));
        let dashboard = ("DashboardName", self.prefix);
        self.must(&watch("PutDashboard", &[dashboard, ("DashboardBody", r#"{"widgets":[]}"#)])).await;
        self.made("dashboard", watch("GetDashboard", &[dashboard]), found);
    }

    async fn events(&mut self) {
        let events = |action: &str, body: &Value| Call::json("events", &format!("AWSEvents.{action}"), body);
        let tags = self.list("Key", "Value");
        let (bus, rule) = (json!({ "Name": self.prefix }), format!("{}-cleanup", self.prefix));
        self.must(&events("CreateEventBus", &json!({"Name": self.prefix, "Tags": tags}))).await;
        self.made("bus", events("DescribeEventBus", &bus), found);
        let schedule = json!({"Name": rule, "ScheduleExpression": "rate(1 minute)", "Tags": tags});
        self.must(&events("PutRule", &schedule)).await;
        let target = format!("arn:aws:lambda:{REGION}:{}:function:{}-cleanup", self.hub.account, self.prefix);
        self.must(&events("PutTargets", &json!({"Rule": rule, "Targets": [{"Id": "1", "Arn": target}]}))).await;
        self.made("rule", events("DescribeRule", &json!({ "Name": rule })), found);
    }

    async fn topic(&mut self) -> String {
        let name = format!("{}-alerts", self.prefix);
        let mut parameters = vec![("Name", name.as_str())];
        parameters.extend(self.pairs());
        let sns = |action: &str, parameters: &[(&str, &str)]| Call::query("sns", "2010-03-31", action, parameters);
        let arn = self.must(&sns("CreateTopic", &parameters)).await.text("TopicArn");
        self.made("topic", sns("GetTopicAttributes", &[("TopicArn", &arn)]), found);
        arn
    }

    async fn log_groups(&mut self) {
        let logs = |action: &str, body: &Value| Call::json("logs", &format!("Logs_20140328.{action}"), body);
        let deployment = self.prefix.trim_start_matches("daypass-");
        for name in [format!("/aws/lambda/{}-api", self.prefix), format!("/daypass/{deployment}/api-access")] {
            self.must(&logs("CreateLogGroup", &json!({"logGroupName": name, "tags": self.map()}))).await;
            let describe = logs("DescribeLogGroups", &json!({ "logGroupNamePrefix": name }));
            self.made(format!("log group {name}"), describe, move |answer| {
                let groups = answer.json()["logGroups"].as_array().cloned().unwrap_or_default();
                groups.iter().any(|group| group["logGroupName"] == name.as_str())
            });
        }
    }
}
