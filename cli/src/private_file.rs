//! Files that hold secrets: readable by their owner only, and at every moment either the old content or the new one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::failure::{Failure, While as _};

/// Replace a file's content: written to a file beside it (0600), forced to disk, renamed over it. Missing directories are
/// made for the owner alone. A symbolic link stays; what it points to is replaced.
pub(crate) fn write(path: &Path, content: &str) -> Result<(), Failure> {
    let path = resolved(path);
    replace(&path, content).context(format_args!("cannot write `{}`", path.display()))
}

/// Read, change and write a file, while no other `daypass` does. `change` gets `None` when there is no file yet.
pub(crate) fn update(path: &Path, change: impl FnOnce(Option<&str>) -> Result<String, Failure>) -> Result<(), Failure> {
    let path = resolved(path);
    let lock = lock(&path).context(format_args!("cannot lock `{}`", path.display()))?;
    let before = read(&path)?;
    replace(&path, &change(before.as_deref())?).context(format_args!("cannot write `{}`", path.display()))?;
    drop(lock);
    Ok(())
}

/// Held while something is done about a file that must not be done twice at once, however long it takes. Changing the file
/// has a lock of its own: whoever holds this may call [`update`].
pub(crate) struct Alone(#[expect(dead_code, reason = "it is unlocked when it is closed")] File);

/// Wait until no other `daypass` is [`Alone`] with this file.
pub(crate) async fn alone(path: &Path) -> Result<Alone, Failure> {
    let path = resolved(path);
    let beside = path.with_extension("renewal");
    let waiting = tokio::task::spawn_blocking(move || lock(&beside)).await?;
    waiting.map(Alone).context(format_args!("cannot lock `{}`", path.display()))
}

/// Write a file that is not there yet (0600); one that is there stays as it is.
pub(crate) fn create(path: &Path, content: &str) -> Result<(), Failure> {
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(content.as_bytes())?;
        file.sync_all()
    });
    written.context(format_args!("cannot write `{}`", path.display()))
}

/// A file's content; `None` when there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context(format_args!("cannot read `{}`", path.display())),
    }
}

/// Whether somebody other than the owner may read the file.
#[cfg(unix)]
pub(crate) fn is_exposed(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

/// Elsewhere the user's profile folder keeps others out.
#[cfg(not(unix))]
pub(crate) fn is_exposed(_: &Path) -> bool {
    false
}

fn replace(path: &Path, content: &str) -> io::Result<()> {
    let folder = folder_of(path)?;
    // `tempfile` makes its files 0600 on Unix.
    let mut beside: NamedTempFile = Builder::new().prefix(".daypass-").tempfile_in(folder)?;
    beside.write_all(content.as_bytes())?;
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|failed| failed.error)?;
    // The new name is only durable once the directory is.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// The lock is a file of its own, because the file itself is replaced.
fn lock(path: &Path) -> io::Result<File> {
    let folder = folder_of(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut options = File::options();
    options.create(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(folder.join(format!(".{name}.daypass-lock")))?;
    file.lock()?;
    Ok(file)
}

fn folder_of(path: &Path) -> io::Result<&Path> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    make_private_folder(folder)?;
    Ok(folder)
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

fn resolved(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_written_file_and_its_new_folder_are_the_owners_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("new/credentials");
        write(&path, "secret").unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn an_exposed_file_is_noticed_and_closed_by_the_next_write() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("credentials");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(is_exposed(&path));
        write(&path, "new").unwrap();
        assert!(!is_exposed(&path));
        assert_eq!(read(&path).unwrap().as_deref(), Some("new"));
    }

    #[test]
    fn a_failed_change_leaves_the_old_content_and_nothing_beside_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("credentials");
        write(&path, "old").unwrap();
        update(&path, |_| Err(Failure::plain("no"))).unwrap_err();
        assert_eq!(read(&path).unwrap().as_deref(), Some("old"));
        let names: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "the file and its lock: {names:?}");
    }

    #[test]
    fn a_reader_who_has_the_file_open_keeps_the_whole_old_content() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("credentials");
        write(&path, "old").unwrap();
        let open = File::open(&path).unwrap();
        write(&path, "new and longer").unwrap();
        assert_eq!(io::read_to_string(open).unwrap(), "old");
    }

    #[test]
    fn a_link_stays_a_link() {
        let home = tempfile::tempdir().unwrap();
        let (real, link) = (home.path().join("real"), home.path().join("link"));
        fs::write(&real, "old").unwrap();
        symlink(&real, &link).unwrap();
        write(&link, "new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
        assert_eq!(read(&real).unwrap().as_deref(), Some("new"));
    }

    #[test]
    fn changes_at_the_same_time_lose_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("log");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| update(&path, |old| Ok(format!("{}x", old.unwrap_or_default()))).unwrap());
            }
        });
        assert_eq!(read(&path).unwrap().as_deref(), Some("xxxxxxxx"));
    }
}
