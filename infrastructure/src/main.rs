//! Writes the generated files of `infrastructure/`: for the shipped tiers, or for a directory of others.
#![expect(clippy::print_stdout, reason = "a tool that says what it wrote")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use daypass_infrastructure::files;
use daypass_vending::tier::{TIER_FILES, Tiers};

/// How to call it.
const USAGE: &str = "usage: daypass-infrastructure FOLDER [TIERS]
FOLDER is where the files go, such as `infrastructure`; TIERS is a directory of tiers instead of the shipped ones";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let (folder, tiers) = match arguments.as_slice() {
        [folder] => (folder, Tiers::shipped()?),
        [folder, tiers] => (folder, read(tiers)?),
        _ => return Err(USAGE.into()),
    };
    // Nothing is deployed of tiers that the server would refuse.
    let tiers = tiers.prove()?;
    for file in files(&tiers)? {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, file.text)?;
        println!("{}", path.display());
    }
    Ok(())
}

fn read(folder: &Path) -> Result<Tiers, Box<dyn Error>> {
    let mut found = Vec::new();
    for tier in fs::read_dir(folder)? {
        let tier = tier?;
        if !tier.file_type()?.is_dir() {
            continue;
        }
        for file in TIER_FILES {
            let path = format!("{}/{file}", tier.file_name().to_string_lossy());
            found.push((path, fs::read_to_string(tier.path().join(file))?));
        }
    }
    Ok(Tiers::from_files(found.iter().map(|(path, text)| (path.as_str(), text.as_str())))?)
}
