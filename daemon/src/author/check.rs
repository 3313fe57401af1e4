//! `plugin check`: what the daemon would say to a plugin.

use std::fmt::Write as _;

use clap::Args;

use super::given::{Given, Plugin};
use super::{Error, Outcome, Report};
use crate::domain::format_duration;
use crate::plugin::Loaded;

/// See the module.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    given: Given,
}

impl Check {
    pub(super) async fn run(self) -> Result<Report, Error> {
        let subject = self.given.load(None).await?;
        let anatomy = &subject.anatomy;
        let mut text = match &subject.plugin {
            Plugin::Hook(loaded) => described("hook", loaded),
            Plugin::Provisioner(loaded) => described("provisioner", loaded),
        };
        let list = |list: &[String]| if list.is_empty() { "none".to_owned() } else { list.join(", ") };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\ndigest        {}\nsize          {} KiB\nwit           {}\nimports       {}\nexports       {}\n\
             limits        memory {} MiB, host_bytes {} KiB\nThe daemon would load it.",
            anatomy.digest,
            anatomy.size.div_ceil(1_024),
            list(&anatomy.wit_versions),
            list(&anatomy.imports),
            list(&anatomy.exports),
            subject.limits.memory >> 20,
            subject.limits.host_bytes >> 10,
        );
        subject.finish().await;
        Ok(Report { text, outcome: Outcome::Good })
    }
}

fn described<Extension: ?Sized>(kind: &str, loaded: &Loaded<Extension>) -> String {
    let capabilities = match loaded.capabilities.as_slice() {
        [] => "none".to_owned(),
        capabilities => capabilities.join(", "),
    };
    let schema = match &loaded.settings_schema {
        Some(schema) => format!("checked by its schema ({} bytes) and by itself", schema.len()),
        None => "checked by itself; it describes no schema".to_owned(),
    };
    let mut text = format!(
        "{kind} {:?}, version {}\ncapabilities  {capabilities}\nsettings      {schema}\ncompiled      in {}, {} KiB of code",
        loaded.name,
        loaded.version,
        format_duration(loaded.compiling),
        loaded.code.div_ceil(1_024),
    );
    for warning in &loaded.warnings {
        let _ = write!(text, "\nwarning       {warning}");
    }
    text
}
