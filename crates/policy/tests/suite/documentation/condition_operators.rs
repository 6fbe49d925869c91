//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use super::{Condition, check_conditions};

const PAGE: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html";

#[test]
fn strings() {
    const AT: &str = "#Conditions_String";
    let admin = r#"{"StringEquals": {"aws:PrincipalTag/job-category": "iamuser-admin"}}"#;
    let home = r#"{"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/"]}}"#;
    let rows: &[Condition] = &[
        (AT, "StringEquals is exact", admin, r#"{"aws:PrincipalTag/job-category": "iamuser-admin"}"#, true),
        (AT, "StringEquals heeds case", admin, r#"{"aws:PrincipalTag/job-category": "IAMUser-admin"}"#, false),
        (
            AT,
            "StringEquals takes the whole value",
            admin,
            r#"{"aws:PrincipalTag/job-category": "iamuser-admins"}"#,
            false,
        ),
        (AT, "without the key the values do not match", admin, "{}", false),
        (AT, "StringEquals has no wildcards", r#"{"StringEquals": {"k": "a*"}}"#, r#"{"k": "ab"}"#, false),
        (AT, "StringNotEquals is negated", r#"{"StringNotEquals": {"k": "a"}}"#, r#"{"k": "b"}"#, true),
        (AT, "StringNotEquals is negated", r#"{"StringNotEquals": {"k": "a"}}"#, r#"{"k": "a"}"#, false),
        (
            AT,
            "StringEqualsIgnoreCase ignores case",
            r#"{"StringEqualsIgnoreCase": {"k": "aB"}}"#,
            r#"{"k": "Ab"}"#,
            true,
        ),
        (AT, "StringEqualsIgnoreCase is exact", r#"{"StringEqualsIgnoreCase": {"k": "aB"}}"#, r#"{"k": "abc"}"#, false),
        (AT, "StringNotEqualsIgnoreCase", r#"{"StringNotEqualsIgnoreCase": {"k": "aB"}}"#, r#"{"k": "Ab"}"#, false),
        (AT, "StringNotEqualsIgnoreCase", r#"{"StringNotEqualsIgnoreCase": {"k": "aB"}}"#, r#"{"k": "b"}"#, true),
        (AT, "StringLike heeds case", r#"{"StringLike": {"k": "A*"}}"#, r#"{"k": "ab"}"#, false),
        (AT, "* stands for several characters", r#"{"StringLike": {"k": "a*d"}}"#, r#"{"k": "abcd"}"#, true),
        (AT, "* stands for none", r#"{"StringLike": {"k": "a*d"}}"#, r#"{"k": "ad"}"#, true),
        (AT, "? stands for one character", r#"{"StringLike": {"k": "a?d"}}"#, r#"{"k": "abd"}"#, true),
        (AT, "? does not stand for none", r#"{"StringLike": {"k": "a?d"}}"#, r#"{"k": "ad"}"#, false),
        (AT, "wildcards may be anywhere", r#"{"StringLike": {"k": "*b?d*"}}"#, r#"{"k": "abcde"}"#, true),
        (AT, "partial matches need wildcards", r#"{"StringLike": {"k": "bc"}}"#, r#"{"k": "abcd"}"#, false),
        (AT, "StringNotLike is negated", r#"{"StringNotLike": {"k": "a*"}}"#, r#"{"k": "ab"}"#, false),
        (AT, "StringNotLike is negated", r#"{"StringNotLike": {"k": "a?"}}"#, r#"{"k": "abc"}"#, true),
        (AT, "any of the patterns is enough", home, r#"{"s3:prefix": "home/", "aws:username": "ana"}"#, true),
        (AT, "the empty pattern takes the empty value", home, r#"{"s3:prefix": "", "aws:username": "ana"}"#, true),
        (AT, "variables are filled in", home, r#"{"s3:prefix": "home/ana/", "aws:username": "ana"}"#, true),
        (AT, "variables are filled in", home, r#"{"s3:prefix": "home/eve/", "aws:username": "ana"}"#, false),
    ];
    check_conditions(PAGE, rows);
}

#[test]
fn a_missing_key() {
    let rows: &[Condition] = &[
        ("", "a missing key does not match", r#"{"StringLike": {"k": "*"}}"#, "{}", false),
        ("", "a missing key does not match", r#"{"NumericLessThan": {"k": "9"}}"#, "{}", false),
        ("", "a missing key does not match", r#"{"Bool": {"k": "false"}}"#, "{}", false),
        ("", "a missing key does not match", r#"{"ArnLike": {"k": "arn:aws:s3:::*"}}"#, "{}", false),
        ("", "a missing key is not matched", r#"{"StringNotLike": {"k": "*"}}"#, "{}", true),
        ("", "a missing key is not matched", r#"{"StringNotEquals": {"k": "a"}}"#, "{}", true),
        ("", "a missing key is not matched", r#"{"ArnNotLike": {"k": "arn:aws:s3:::*"}}"#, "{}", true),
        ("", "a missing key is not matched", r#"{"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#, "{}", true),
        ("", "a missing key is not matched", r#"{"NumericNotEquals": {"k": "1"}}"#, "{}", true),
        ("", "a missing key is not matched", r#"{"DateNotEquals": {"aws:CurrentTime": "2030-01-01"}}"#, "{}", true),
    ];
    check_conditions(PAGE, rows);
}

#[test]
fn numbers() {
    const AT: &str = "#Conditions_Numeric";
    let at_most = r#"{"NumericLessThanEquals": {"s3:max-keys": "10"}}"#;
    let rows: &[Condition] = &[
        (AT, "up to ten keys", at_most, r#"{"s3:max-keys": "10"}"#, true),
        (AT, "up to ten keys", at_most, r#"{"s3:max-keys": "9.5"}"#, true),
        (AT, "up to ten keys", at_most, r#"{"s3:max-keys": "11"}"#, false),
        (AT, "numbers are no text", at_most, r#"{"s3:max-keys": "9"}"#, true),
        (AT, "without the key the values do not match", at_most, "{}", false),
        (AT, "NumericEquals", r#"{"NumericEquals": {"k": "10"}}"#, r#"{"k": "10.00"}"#, true),
        (AT, "NumericNotEquals", r#"{"NumericNotEquals": {"k": "10"}}"#, r#"{"k": "10"}"#, false),
        (AT, "NumericLessThan", r#"{"NumericLessThan": {"k": "10"}}"#, r#"{"k": "10"}"#, false),
        (AT, "NumericGreaterThan", r#"{"NumericGreaterThan": {"k": "-1.5"}}"#, r#"{"k": "-1"}"#, true),
        (AT, "NumericGreaterThanEquals", r#"{"NumericGreaterThanEquals": {"k": 10}}"#, r#"{"k": "10"}"#, true),
        (AT, "no variables", r#"{"NumericEquals": {"k": "${n}"}}"#, r#"{"k": "1", "n": "1"}"#, false),
    ];
    check_conditions(PAGE, rows);
}

#[test]
fn dates() {
    const AT: &str = "#Conditions_Date";
    let fresh = r#"{"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}}"#;
    let epoch = r#"{"DateLessThan": {"aws:EpochTime": "1577836801"}}"#;
    let rows: &[Condition] = &[
        (AT, "after the date", fresh, r#"{"aws:TokenIssueTime": "2020-01-01T00:00:02Z"}"#, true),
        (AT, "not at the date", fresh, r#"{"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}"#, false),
        (AT, "long-term keys have no issue time", fresh, "{}", false),
        (AT, "ISO 8601 with an offset", fresh, r#"{"aws:TokenIssueTime": "2020-01-01T00:30:00+01:00"}"#, false),
        (AT, "ISO 8601 with a fraction", fresh, r#"{"aws:TokenIssueTime": "2020-01-01T00:00:01.5Z"}"#, true),
        (
            AT,
            "ISO 8601 down to the day",
            r#"{"DateEquals": {"aws:CurrentTime": "2020-01-02"}}"#,
            r#"{"aws:CurrentTime": "2020-01-02T00:00:00Z"}"#,
            true,
        ),
        (
            AT,
            "ISO 8601 down to the month",
            r#"{"DateEquals": {"aws:CurrentTime": "2020-02"}}"#,
            r#"{"aws:CurrentTime": "2020-02-01T00:00:00Z"}"#,
            true,
        ),
        (
            AT,
            "ISO 8601 down to the year",
            r#"{"DateEquals": {"aws:CurrentTime": "2020"}}"#,
            r#"{"aws:CurrentTime": "2020-01-01T00:00Z"}"#,
            true,
        ),
        (AT, "epoch time", epoch, r#"{"aws:EpochTime": "1577836800"}"#, true),
        (AT, "epoch time and ISO 8601", epoch, r#"{"aws:EpochTime": "2020-01-01T00:00:00Z"}"#, true),
        (
            AT,
            "no wildcards",
            r#"{"DateEquals": {"aws:CurrentTime": "2020-*"}}"#,
            r#"{"aws:CurrentTime": "2020-01-01"}"#,
            false,
        ),
        (AT, "DateNotEquals", r#"{"DateNotEquals": {"k": "2020-01-01"}}"#, r#"{"k": "2020-01-01T00:00:00Z"}"#, false),
        (AT, "DateLessThanEquals", r#"{"DateLessThanEquals": {"k": "2020-01-01"}}"#, r#"{"k": "2020-01-01"}"#, true),
        (
            AT,
            "DateGreaterThanEquals",
            r#"{"DateGreaterThanEquals": {"k": "2020-01-01"}}"#,
            r#"{"k": "2019-12-31T23:59:59Z"}"#,
            false,
        ),
        (AT, "no variables", r#"{"DateEquals": {"k": "${d}"}}"#, r#"{"k": "2020-01-01", "d": "2020-01-01"}"#, false),
    ];
    check_conditions(PAGE, rows);
}

#[test]
fn booleans_and_bytes() {
    let secure = r#"{"Bool": {"aws:SecureTransport": "false"}}"#;
    let bytes = r#"{"BinaryEquals": {"key": "QmluYXJ5VmFsdWVJbkJhc2U2NA=="}}"#;
    let rows: &[Condition] = &[
        ("#Conditions_Boolean", "without TLS", secure, r#"{"aws:SecureTransport": "false"}"#, true),
        ("#Conditions_Boolean", "with TLS", secure, r#"{"aws:SecureTransport": "true"}"#, false),
        ("#Conditions_Boolean", "without the key", secure, "{}", false),
        ("#Conditions_Boolean", "JSON booleans", r#"{"Bool": {"k": true}}"#, r#"{"k": "true"}"#, true),
        ("#Conditions_Boolean", "a variable", r#"{"Bool": {"k": "${v}"}}"#, r#"{"k": "true", "v": "true"}"#, true),
        ("#Conditions_BinaryEquals", "byte for byte", bytes, r#"{"key": "QmluYXJ5VmFsdWVJbkJhc2U2NA=="}"#, true),
        ("#Conditions_BinaryEquals", "byte for byte", bytes, r#"{"key": "qMLUYXJ5VmFsdWVJbkJhc2U2NA=="}"#, false),
        ("#Conditions_BinaryEquals", "without the key", bytes, "{}", false),
        (
            "#Conditions_BinaryEquals",
            "no variables",
            r#"{"BinaryEquals": {"key": "${b}"}}"#,
            r#"{"key": "YQ==", "b": "YQ=="}"#,
            false,
        ),
    ];
    check_conditions(PAGE, rows);
}

#[test]
fn addresses() {
    const AT: &str = "#Conditions_IPAddress";
    let range = r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#;
    let both = r#"{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:DB8:1234:5678::/64"]}}"#;
    let not = r#"{"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}}"#;
    let single = r#"{"IpAddress": {"aws:SourceIp": "203.0.113.7"}}"#;
    let rows: &[Condition] = &[
        (AT, "203.0.113.0 to 203.0.113.255", range, r#"{"aws:SourceIp": "203.0.113.0"}"#, true),
        (AT, "203.0.113.0 to 203.0.113.255", range, r#"{"aws:SourceIp": "203.0.113.255"}"#, true),
        (AT, "203.0.113.0 to 203.0.113.255", range, r#"{"aws:SourceIp": "203.0.114.0"}"#, false),
        (AT, "through a VPC endpoint there is no address", range, r#"{"aws:VpcSourceIp": "203.0.113.1"}"#, false),
        (AT, "without a prefix it is /32", single, r#"{"aws:SourceIp": "203.0.113.7"}"#, true),
        (AT, "without a prefix it is /32", single, r#"{"aws:SourceIp": "203.0.113.8"}"#, false),
        (AT, "IPv4 and IPv6 side by side", both, r#"{"aws:SourceIp": "203.0.113.5"}"#, true),
        (AT, "IPv4 and IPv6 side by side", both, r#"{"aws:SourceIp": "2001:db8:1234:5678::1"}"#, true),
        (AT, "IPv4 and IPv6 side by side", both, r#"{"aws:SourceIp": "2001:db8:1234:5679::1"}"#, false),
        (AT, ":: is a range of zeros", both, r#"{"aws:SourceIp": "2001:0DB8:1234:5678:0:0:0:1"}"#, true),
        (AT, "all but the ranges", not, r#"{"aws:SourceIp": "192.0.2.1"}"#, true),
        (AT, "all but the ranges", not, r#"{"aws:SourceIp": "198.51.100.9"}"#, false),
        (
            AT,
            "no variables",
            r#"{"IpAddress": {"aws:SourceIp": "${ip}"}}"#,
            r#"{"aws:SourceIp": "10.0.0.1", "ip": "10.0.0.1"}"#,
            false,
        ),
    ];
    check_conditions(PAGE, rows);
}

#[test]
fn arns() {
    const AT: &str = "#Conditions_ARN";
    let topic = r#"{"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:123456789012:topic"}}"#;
    let pattern = "arn:aws:someservice:*:111122223333:finance/*";
    let value = r#"{"k": "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"}"#;
    let like = r#"{"ArnLike": {"k": "arn:aws:someservice:*:111122223333:finance/*"}}"#;
    assert!(like.contains(pattern));
    let rows: &[Condition] = &[
        (AT, "the very topic", topic, r#"{"aws:SourceArn": "arn:aws:sns:eu-west-1:123456789012:topic"}"#, true),
        (AT, "another topic", topic, r#"{"aws:SourceArn": "arn:aws:sns:eu-west-1:123456789012:other"}"#, false),
        (AT, "ARNs heed case", topic, r#"{"aws:SourceArn": "arn:aws:sns:eu-west-1:123456789012:TOPIC"}"#, false),
        (AT, "a user who asks directly has no source", topic, "{}", false),
        (
            AT,
            "StringLike runs over colons",
            r#"{"StringLike": {"k": "arn:aws:someservice:*:111122223333:finance/*"}}"#,
            value,
            true,
        ),
        (AT, "ArnLike looks at what is between colons", like, value, false),
        (
            AT,
            "ArnLike looks at what is between colons",
            like,
            r#"{"k": "arn:aws:someservice:us-east-2:111122223333:finance/document.txt"}"#,
            true,
        ),
        (
            AT,
            "ArnEquals has wildcards too",
            r#"{"ArnEquals": {"k": "arn:aws:sns:*:*:t?p*"}}"#,
            r#"{"k": "arn:aws:sns:eu-west-1:123456789012:topic"}"#,
            true,
        ),
        (
            AT,
            "each of the six parts is checked",
            r#"{"ArnLike": {"k": "arn:aws:sns:*"}}"#,
            r#"{"k": "arn:aws:sns:eu-west-1:123456789012:topic"}"#,
            false,
        ),
        (
            AT,
            "ArnNotEquals and ArnNotLike are alike",
            r#"{"ArnNotEquals": {"k": "arn:aws:sns:*:*:t*"}}"#,
            r#"{"k": "arn:aws:sns:eu-west-1:123456789012:topic"}"#,
            false,
        ),
        (
            AT,
            "ArnNotEquals and ArnNotLike are alike",
            r#"{"ArnNotLike": {"k": "arn:aws:sns:*:*:x*"}}"#,
            r#"{"k": "arn:aws:sns:eu-west-1:123456789012:topic"}"#,
            true,
        ),
        (
            AT,
            "variables are filled in",
            r#"{"ArnLike": {"k": "arn:aws:iam::1:user/${aws:username}"}}"#,
            r#"{"k": "arn:aws:iam::1:user/ana", "aws:username": "ana"}"#,
            true,
        ),
    ];
    check_conditions(PAGE, rows);
}

#[test]
fn if_exists_and_null() {
    const IF: &str = "#Conditions_IfExists";
    const NULL: &str = "#Conditions_Null";
    let kind = r#"{"StringLikeIfExists": {"ec2:InstanceType": ["t1.*", "t2.*", "m3.*"]}}"#;
    let long_term = r#"{"Null": {"aws:TokenIssueTime": "true"}}"#;
    let two = r#"{"StringLikeIfExists": {"a": "x"}, "StringEquals": {"b": "y"}}"#;
    let rows: &[Condition] = &[
        (IF, "only these types of instances", kind, r#"{"ec2:InstanceType": "t2.micro"}"#, true),
        (IF, "only these types of instances", kind, r#"{"ec2:InstanceType": "c5.large"}"#, false),
        (IF, "images and subnets have no type", kind, "{}", true),
        (IF, "without IfExists they fail", r#"{"StringLike": {"ec2:InstanceType": ["t1.*"]}}"#, "{}", false),
        (IF, "other conditions may still fail", two, r#"{"b": "z"}"#, false),
        (IF, "other conditions may still fail", two, r#"{"b": "y"}"#, true),
        (IF, "negated with IfExists holds without the key", r#"{"StringNotEqualsIfExists": {"a": "x"}}"#, "{}", true),
        (
            IF,
            "negated with IfExists compares a key that is there",
            r#"{"StringNotEqualsIfExists": {"a": "x"}}"#,
            r#"{"a": "x"}"#,
            false,
        ),
        (
            IF,
            "with every operator",
            r#"{"BoolIfExists": {"a": "true"}, "NumericEqualsIfExists": {"a": "1"}, "IpAddressIfExists": {"a": "10.0.0.0/8"}, "DateEqualsIfExists": {"a": "2020"}, "ArnEqualsIfExists": {"a": "arn:aws:s3:::x"}, "BinaryEqualsIfExists": {"a": "YQ=="}}"#,
            "{}",
            true,
        ),
        (NULL, "true: the key must not be there", long_term, "{}", true),
        (
            NULL,
            "true: the key must not be there",
            long_term,
            r#"{"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}"#,
            false,
        ),
        (NULL, "false: the key must be there", r#"{"Null": {"k": "false"}}"#, r#"{"k": "x"}"#, true),
        (NULL, "false: the key must be there", r#"{"Null": {"k": "false"}}"#, "{}", false),
        (NULL, "false: and its value not be null", r#"{"Null": {"k": "false"}}"#, r#"{"k": []}"#, false),
    ];
    check_conditions(PAGE, rows);
}
