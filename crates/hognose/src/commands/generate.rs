//! `hognose completions` and `hognose man`: both follow from the definitions of the arguments.

use std::path::Path;

use clap::CommandFactory;

use crate::args::Arguments;
use crate::failure::Failure;
use crate::sources::write_new_folder;
use crate::terminal::Terminal;

/// Prints completions for a shell.
pub fn completions(shell: clap_complete::Shell, terminal: &Terminal) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "hognose", &mut script);
    terminal.print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

/// Prints the manual page, or writes all pages into `folder`.
pub fn man(folder: Option<&Path>, terminal: &Terminal) -> Result<u8, Failure> {
    let mut command = Arguments::command();
    command.build();
    let Some(folder) = folder else {
        let (_, page) = page(&command)?;
        terminal.print(&String::from_utf8_lossy(&page))?;
        return Ok(0);
    };
    let mut pages = vec![page(&command)?];
    for subcommand in command
        .get_subcommands()
        .filter(|subcommand| subcommand.get_name() != "help")
    {
        pages.push(page(subcommand)?);
    }
    write_new_folder(folder, &pages).map_err(Failure::new)?;
    Ok(0)
}

/// File name and text of a manual page.
fn page(command: &clap::Command) -> Result<(String, Vec<u8>), Failure> {
    let page = clap_mangen::Man::new(command.clone());
    let mut text = Vec::new();
    page.render(&mut text)
        .map_err(|error| Failure::new(format!("the manual page cannot be made: {error}")))?;
    Ok((page.get_filename(), text))
}
