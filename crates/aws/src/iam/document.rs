//! Policy documents as IAM sends them.

use daypass_vending::ports::CloudError;
use percent_encoding::percent_decode_str;

/// A document as it was given to IAM, which sends it percent-encoded
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html>).
pub(super) fn decoded(document: &str) -> Result<String, CloudError> {
    let text = percent_decode_str(document).decode_utf8();
    text.map(Into::into).map_err(|_| CloudError::Unavailable("AWS sent a policy that is not UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_come_percent_encoded() {
        let sent = "%7B%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Aacme-*%2F%24%7Baws%3Ausername%7D%2Ba%22%7D";
        assert_eq!(decoded(sent).unwrap(), r#"{"Resource":"arn:aws:s3:::acme-*/${aws:username}+a"}"#);
        assert!(decoded("%ff").is_err());
    }
}
