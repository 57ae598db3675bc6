//! Where a command reads from and writes to: a file, or `-` for the command's own input or output.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Write, stdin, stdout},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

const BUFFER: usize = 64 * 1024;
const OWN: &str = "-";

/// Opens what is to be read.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn BufRead + Send>> {
    Ok(match path == Path::new(OWN) {
        true => Box::new(BufReader::with_capacity(BUFFER, stdin())),
        false => Box::new(BufReader::with_capacity(BUFFER, File::open(path)?)),
    })
}

/// What is written. A file has its name once it is whole: what was cut short can't be taken for it.
pub(super) struct Target {
    out: BufWriter<Box<dyn Write + Send>>,
    unnamed: Option<Unnamed>,
}

/// A file that only its owner can read, under another name until it is whole.
struct Unnamed {
    file: File,
    path: PathBuf,
    name: PathBuf,
}

impl Target {
    /// Opens what is to be written.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new(OWN) {
            return Ok(Self::of(Box::new(stdout()), None));
        }
        // A pipe or a device has no name to be given.
        if fs::metadata(path).is_ok_and(|known| !known.is_file()) {
            return Ok(Self::of(Box::new(OpenOptions::new().write(true).open(path)?), None));
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(format!(".{}.partial", std::process::id()));
        let partial = PathBuf::from(partial);
        // What a killed process of the same number has left.
        let _ = fs::remove_file(&partial);
        let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&partial)?;
        let unnamed = Unnamed { file: file.try_clone()?, path: partial, name: path.to_owned() };
        Ok(Self::of(Box::new(file), Some(unnamed)))
    }

    fn of(out: Box<dyn Write + Send>, unnamed: Option<Unnamed>) -> Self {
        Self { out: BufWriter::with_capacity(BUFFER, out), unnamed }
    }

    /// Whether this is the command's own output.
    pub(super) fn is_own_output(path: &Path) -> bool {
        path == Path::new(OWN)
    }

    /// Writes what is left, brings it to the disk and gives the file its name.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.out.flush()?;
        if let Some(unnamed) = &self.unnamed {
            unnamed.file.sync_all()?;
            fs::rename(&unnamed.path, &unnamed.name)?;
        }
        self.unnamed = None;
        Ok(())
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some(unnamed) = &self.unnamed {
            let _ = fs::remove_file(&unnamed.path);
        }
    }
}
