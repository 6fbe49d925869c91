//! Packages of npm, pinned by version and by the hash of their archive. None of their scripts is run on the way.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Map, Value, json};

/// One package, exactly.
pub(crate) struct Pinned {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// As npm writes it: the algorithm, and the hash in base64.
    pub(crate) integrity: &'static str,
}

/// Let npm fetch the packages into `folder`, and believe the result only when the lock file names the pinned archives:
/// npm has checked each archive against its hash. What else the packages depend on has to be pinned as well.
pub(crate) fn install(folder: &Path, packages: &[Pinned]) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let dependencies: Map<String, Value> =
        packages.iter().map(|package| (package.name.to_owned(), package.version.into())).collect();
    let manifest = json!({"private": true, "dependencies": dependencies});
    fs::write(folder.join("package.json"), manifest.to_string()).context("cannot write `package.json`")?;
    let status = Command::new("npm")
        .args(["install", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .context("cannot start `npm`, which has to be on the path")?;
    ensure!(status.success(), "`npm install` ended with {status}; it needs its registry");
    let lock = fs::read(folder.join("package-lock.json")).context("cannot read `package-lock.json`")?;
    check(&serde_json::from_slice(&lock).context("`package-lock.json` is not JSON")?, packages)
}

/// Let npm install into `folder` exactly what the lock file in `source` pins, whose hashes it checks. Done once: what is there
/// for the same lock file is taken as it is.
pub(crate) fn install_locked(source: &Path, folder: &Path) -> Result<()> {
    let lock = fs::read(source.join("package-lock.json")).context("cannot read `package-lock.json`")?;
    // Written last, so that it says what is there as a whole.
    let whole = folder.join("whole");
    if fs::read(&whole).ok().as_ref() == Some(&lock) {
        return Ok(());
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(source.join(name), folder.join(name)).with_context(|| format!("cannot copy `{name}`"))?;
    }
    let status = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .context("cannot start `npm`, which has to be on the path")?;
    ensure!(status.success(), "`npm ci` ended with {status}; it needs its registry");
    fs::write(&whole, &lock).with_context(|| format!("cannot write `{}`", whole.display()))
}

/// The archive of one package, fetched once into `folder`: for packages of which only some files are wanted, and nothing that
/// they depend on.
pub(crate) fn archive(folder: &Path, package: &Pinned) -> Result<PathBuf> {
    let file =
        folder.join(format!("{}-{}.tgz", package.name.trim_start_matches('@').replace('/', "-"), package.version));
    if file.exists() {
        return Ok(file);
    }
    // Fetched beside it: a file of this name is a whole one.
    let fetched = folder.join("fetched");
    fs::create_dir_all(&fetched).with_context(|| format!("cannot make `{}`", fetched.display()))?;
    let output = Command::new("npm")
        .args(["pack", "--json", "--ignore-scripts", &format!("{}@{}", package.name, package.version)])
        .current_dir(&fetched)
        .stdin(Stdio::null())
        .output()
        .context("cannot start `npm`, which has to be on the path")?;
    ensure!(output.status.success(), "`npm pack` ended with {}; it needs its registry", output.status);
    let told: Value = serde_json::from_slice(&output.stdout).context("`npm pack` does not say what it did")?;
    let name = packed(&told, package)?;
    fs::rename(fetched.join(name), &file).with_context(|| format!("cannot keep `{}`", file.display()))?;
    Ok(file)
}

/// The name of the archive that npm packed, if it is the pinned one.
fn packed<'t>(told: &'t Value, package: &Pinned) -> Result<&'t str> {
    let text = |pointer| told.pointer(pointer).and_then(Value::as_str);
    let is_pinned = text("/0/integrity") == Some(package.integrity);
    ensure!(is_pinned, "npm delivered another archive of {} {} than the pinned one", package.name, package.version);
    text("/0/filename").context("`npm pack` does not name its file")
}

fn check(lock: &Value, packages: &[Pinned]) -> Result<()> {
    let installed = lock.get("packages").and_then(Value::as_object).context("`package-lock.json` names no packages")?;
    // The empty name stands for the folder itself.
    for (place, entry) in installed.iter().filter(|(place, _)| !place.is_empty()) {
        let package = packages.iter().find(|package| place.strip_prefix("node_modules/") == Some(package.name));
        let Some(Pinned { name, version, integrity }) = package else {
            anyhow::bail!("npm also installed `{place}`, which is not pinned");
        };
        let is_pinned = entry.get("integrity").and_then(Value::as_str) == Some(integrity);
        ensure!(is_pinned, "npm delivered another archive of {name} {version} than the pinned one");
    }
    ensure!(installed.len() == packages.len() + 1, "npm did not install everything");
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Pinned, check, packed};

    #[test]
    fn only_the_pinned_archive_is_kept() {
        let pinned = Pinned { name: "@a/b", version: "1.0.0", integrity: "sha512-AA" };
        let told = |integrity: &str| json!([{"filename": "a-b-1.0.0.tgz", "integrity": integrity}]);
        assert_eq!(packed(&told("sha512-AA"), &pinned).unwrap(), "a-b-1.0.0.tgz");
        assert!(packed(&told("sha512-BB"), &pinned).is_err());
        assert!(packed(&json!([]), &pinned).is_err());
    }

    #[test]
    fn only_the_pinned_archives_are_believed() {
        let pinned = [Pinned { name: "@a/b", version: "1.0.0", integrity: "sha512-AA" }];
        let lock = |packages| json!({"packages": packages});
        let entry = |integrity: &str| json!({"version": "1.0.0", "integrity": integrity});
        assert!(check(&lock(json!({"": {}, "node_modules/@a/b": entry("sha512-AA")})), &pinned).is_ok());
        for packages in [
            json!({"": {}}),
            json!({"": {}, "node_modules/@a/b": entry("sha512-BB")}),
            json!({"": {}, "node_modules/@a/b": {"version": "1.0.0"}}),
            json!({"": {}, "node_modules/@a/b": entry("sha512-AA"), "node_modules/c": entry("sha512-CC")}),
        ] {
            assert!(check(&lock(packages.clone()), &pinned).is_err(), "{packages}");
        }
    }
}
