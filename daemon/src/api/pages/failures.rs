//! Errors: the codes that are no problems of a request, but of an instance, a provisioner or a
//! plugin. A test holds the table against the code that brings them.

use maud::{Markup, html};

use super::prose::{line, paragraphs};
use super::{Page, Place};

/// A code, what it means, and what to do.
type Entry = (&'static str, &'static str, &'static str);

/// `error.code` of an instance that failed.
const OF_INSTANCES: [Entry; 6] = [
    (
        "attempts_exhausted",
        "The workload was made again as often as `[recovery] max_attempts` allows, and did not come up or did \
         not stay up. `error.causes` says why each try was made, oldest first.",
        "Look at the instance's logs and events, mend the cause, then `POST …/retry`.",
    ),
    (
        "create_deadline",
        "The provisioner could not be reached for the whole of `[reconcile] create_deadline`, so that the \
         instance, which has never run, was given up. One that has run before waits on.",
        "See `/mcp/provisioners`; when its backend answers again, `POST …/retry`.",
    ),
    (
        "invalid",
        "The backend refuses this workload and always will: an image that is not there, a command that \
         cannot be run, a value that it does not take.",
        "Change the request or its template and create another instance.",
    ),
    (
        "unsupported",
        "The template asks for something that this provisioner cannot do at all.",
        "Choose another provisioner for it, or change the template.",
    ),
    (
        "foreign",
        "Something that is not ours holds the workload's name at the backend. It was not touched.",
        "Remove what holds the name, or delete the instance.",
    ),
    (
        "denied",
        "The plugin lacks a grant, or its backend does not accept its credentials.",
        "Grant the plugin what it needs in its table of the configuration, then `POST …/retry`.",
    ),
];

/// In `errors` of a problem; in `CamelCase`, the reason of a condition, a cause or an event.
const OF_PROVISIONERS: [Entry; 17] = [
    (
        "not_applied",
        "The call was refused, or could not be made, before it had any effect: mostly the backend was not \
         reached or was too busy.",
        "It is tried again by itself. `/mcp/provisioners` shows whether the backend answers.",
    ),
    (
        "outcome_unknown",
        "The call was cut or failed so that nobody knows whether it had its effect. The workload is looked for \
         before anything is tried again.",
        "Nothing, unless it goes on: then look at the backend's own log.",
    ),
    (
        "not_found",
        "The backend has no workload of that name.",
        "Nothing: what is wanted is made again by itself.",
    ),
    (
        "orphan_suspected",
        "The workload's name is held by something of ours that can be neither seen nor removed. The next one is \
         made under another name.",
        "Look for the old name at the backend and remove what is left there.",
    ),
    (
        "provisioner_disabled",
        "The provisioner's table says `enabled = false`: every call is denied.",
        "Enable it again, or delete its instances with `force=true` when its backend is gone for good.",
    ),
    (
        "plugin_replaced",
        "The plugin was replaced while the call was out, and it did not end within `plugins.drain`. Whether it \
         had its effect is looked for.",
        "Nothing; raise `plugins.drain` if calls of this plugin take that long.",
    ),
    (
        "provisioner_paused",
        "The backend could not be reached several times in a row, and is left alone for a while. Its instances \
         are not made anew and do not fail meanwhile.",
        "See `/mcp/provisioners`: `breaker.reason` says what went wrong, `breaker.until` when it is tried again.",
    ),
    (
        "provisioner_missing",
        "The instance's provisioner has no table in the configuration any more.",
        "Put its table back.",
    ),
    (
        "provisioner_replaced",
        "Under the provisioner's name there is another plugin now than the one that made the instance. Its \
         workload is left alone.",
        "Configure the old plugin again under this name, and give the new one a table of its own.",
    ),
    (
        "store_unreadable",
        "The secrets of the instance could not be read from the database, so that the step was not taken.",
        "The log has what the disk said.",
    ),
    (
        "plugin_busy",
        "The call waited half of its time for its turn and was not begun.",
        "Raise `max_concurrent` or `max_inspects` in the provisioner's table if its backend can do more at once.",
    ),
    (
        "plugin_quarantined",
        "The plugin ended badly (trapped, timed out, needed or handed over too much) several times in a row, and \
         is left alone for a while: the call was not begun.",
        "`GET /mcp/plugins` has the last bad end and when it is tried again. A new file or new settings begin \
         afresh; `[quarantine]` sets the pauses.",
    ),
    (
        "plugin_timed_out",
        "The plugin did not end within the time it has, and was stopped.",
        "If the backend is slow, raise `timeouts` in the plugin's table.",
    ),
    (
        "plugin_trapped",
        "The plugin gave up in the middle of a call: a panic, an exit, or another end that is no answer. The \
         daemon is not touched by that.",
        "The log has what the plugin printed before. It is an error of the plugin.",
    ),
    (
        "plugin_out_of_memory",
        "The plugin needs more memory, tables, instances or handles than `limits` of its table, and was \
         stopped. The message names the key.",
        "Raise that limit if that is right; otherwise it is an error of the plugin.",
    ),
    (
        "plugin_exceeded_limit",
        "The plugin handed the daemon more than `limits.host_bytes` of its table at once, in an answer, a line \
         of its log or a request, or more than 16 KiB of headers for a request, and was stopped. The message \
         says which.",
        "Raise `limits.host_bytes` if that is right; otherwise it is an error of the plugin.",
    ),
    (
        "plugin_broke_contract",
        "The plugin's answer is one that cannot be, such as a success without a workload.",
        "It is an error of the plugin: report it to its author, or go back to its last version.",
    ),
];

/// `last_refusal.code` of a plugin. What served before goes on serving.
const OF_PLUGINS: [Entry; 24] = [
    (
        "engine_failed",
        "The sandbox for plugins cannot be made on this machine.",
        "Give the daemon more memory and address space.",
    ),
    (
        "warehouse_unusable",
        "The folder `plugins` in the data directory, where the daemon keeps its own copies of components, cannot \
         be made or read.",
        "Give the daemon's user the data directory.",
    ),
    (
        "plugin_unreadable",
        "The component's file cannot be read.",
        "Check its path and who may read it, or build the plugins first.",
    ),
    (
        "plugin_too_large",
        "The file is larger than any plugin should be.",
        "Build it without debug information.",
    ),
    (
        "not_a_component",
        "The file is something else than a WebAssembly component, such as a core module or a script.",
        "Build it as `plugin-sdk/README.md` says.",
    ),
    (
        "component_invalid",
        "The component does not compile: the file may be cut short or damaged.",
        "Build or copy it again.",
    ),
    (
        "component_not_compiled",
        "Compiling the component takes more time or memory than `[plugins]` allows, or could not be tried now.",
        "If it is right that large, raise `plugins.compile_time` or `plugins.compile_memory`.",
    ),
    (
        "grant_missing",
        "The component imports what only a grant gives, such as starting processes.",
        "If it may have that, write the grant into its table.",
    ),
    (
        "not_for_hooks",
        "A hook imports a network or processes, which hooks never have.",
        "Build it for the world `hook-plugin`, without that import.",
    ),
    (
        "import_unknown",
        "The component imports what this daemon does not offer, or in another shape.",
        "Build it against the `wit/` folder of this daemon's version.",
    ),
    (
        "wrong_world",
        "The component does not export what a plugin of its kind must.",
        "Check that the table names the right file.",
    ),
    (
        "first_call_failed",
        "The plugin failed at the first thing it was asked, before it served anybody.",
        "Repair the plugin, or restore its last version.",
    ),
    (
        "description_invalid",
        "The plugin says something impossible about itself, such as another kind than its table's.",
        "Check that the table names the right file; otherwise it is an error of the plugin.",
    ),
    (
        "settings_refused",
        "The plugin does not accept the `settings` of its table. The message has a complaint for each key.",
        "Correct them; `wharfinger check-config --config FILE` asks the plugin, too.",
    ),
    (
        "upstream_invalid",
        "An upstream cannot be used as it is configured: its URL, its certificates or its credentials.",
        "The message says which and what is allowed.",
    ),
    (
        "provisioner_in_use",
        "A provisioner that has living instances was to be given another plugin or another URL. If that is \
         another backend, their workloads could be neither seen nor removed.",
        "Write `moved = true` into its table if it is the same backend; else leave the table as it was and add \
         another one beside it.",
    ),
    (
        "copy_unusable",
        "The daemon's own copy of a component is lost or damaged, and the operator's file is no better.",
        "Put the file back, or build it again.",
    ),
    (
        "provisioner_forsaken",
        "A provisioner has instances and no table, and what the daemon kept of it is lost or damaged: nobody \
         could look after them.",
        "Write its table into the configuration again, or put back what the message names.",
    ),
    (
        "table_unusable",
        "The table that was stored with a component cannot be read by this version, or refers to something that \
         is gone, such as a variable of the environment.",
        "Put back what the message names, or correct the configuration so that the stored table is not needed.",
    ),
    (
        "plugins_unstored",
        "The database takes no writes, so that a restart would forget the new plugins: they do not serve.",
        "See `/readyz` and the log: mostly the disk is full. It is tried again by itself.",
    ),
    (
        "default_provisioner_unknown",
        "`[defaults] provisioner` names one that has no table.",
        "Correct the name, or add the table.",
    ),
    (
        "set_refused",
        "The plugin is well, but another one of the same configuration is not: a set is published whole.",
        "See the other one, which the message names.",
    ),
    (
        "rolled_back",
        "Somebody put an earlier version in the place of what the configuration asks for.",
        "Change its file or its table; what they say then is taken up.",
    ),
    (
        "plugins_refused",
        "The set as a whole was refused because of some of its plugins.",
        "See the others: each says what is wrong with it.",
    ),
];

/// The page.
pub(crate) fn errors() -> Page {
    let body = html! {
        h1 { "Errors" }
        (paragraphs(
            "A request that goes well may be about an instance that does not. These codes say what is wrong with \
             an instance, a provisioner or a plugin; what is wrong with a request is under `/docs/problems`."
        ))
        h2 { "Of instances" }
        (paragraphs("`error.code` of an instance whose status is `failed`. `error.remedy` says what to do."))
        (table(&OF_INSTANCES))
        h2 { "Of provisioners" }
        (paragraphs(
            "In `errors` of a `provisioner_failed` or `provisioner_unavailable` problem; written in CamelCase, as \
             in `PluginTimedOut`, the `reason` of conditions, causes and events. A plugin may have words of its \
             own beside these."
        ))
        (table(&OF_PROVISIONERS))
        h2 { "Of plugins" }
        (paragraphs(
            "`last_refusal.code` in `/mcp/plugins`: why a plugin of the configuration does not serve. What served \
             before goes on serving."
        ))
        (table(&OF_PLUGINS))
    };
    Page::new(Place::Errors, "Errors", &body)
}

fn table(entries: &[Entry]) -> Markup {
    html! {
        dl.entries {
            @for (code, meaning, remedy) in entries {
                dt id=(code) { code { (code) } }
                dd {
                    p { (line(meaning)) }
                    p.remedy { (line(remedy)) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use regex::Regex;

    use super::*;

    fn sources() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
    }

    /// What the first group of `pattern` finds in a file, its tests aside.
    fn found(file: &Path, pattern: &str) -> BTreeSet<String> {
        let source = fs::read_to_string(file).unwrap();
        let code = source.split("#[cfg(test)]").next().unwrap();
        Regex::new(pattern).unwrap().captures_iter(code).map(|found| found[1].to_owned()).collect()
    }

    /// The same in every file below `folder`, but for those of tests, and of tools' calls, which no
    /// operation makes yet.
    fn found_below(folder: &Path, pattern: &str) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                all.extend(found_below(&path, pattern));
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !["tests.rs", "caller.rs"].iter().any(|file| path.ends_with(file))
            {
                all.extend(found(&path, pattern));
            }
        }
        all
    }

    fn codes(entries: &[Entry]) -> BTreeSet<String> {
        let codes: BTreeSet<String> = entries.iter().map(|(code, ..)| (*code).to_owned()).collect();
        assert_eq!(codes.len(), entries.len(), "a code twice");
        for (code, meaning, remedy) in entries {
            assert!(meaning.len() > 30 && meaning.ends_with('.') && remedy.ends_with('.'), "{code}");
        }
        codes
    }

    #[test]
    fn every_code_of_an_instance_a_provisioner_or_a_plugin_is_explained() {
        let mut used = found(&sources().join("reconciler/plan.rs"), r#"code: "([a-z_]+)""#);
        used.extend(found_below(&sources(), r#"with_code\("([a-z_]+)"\)"#));
        // The words of the kinds of failures; a plugin's own stand for themselves.
        used.extend(found(&sources().join("domain/failure.rs"), r#"Self::[A-Za-z]+ => "([a-z_]+)""#));
        used.extend(crate::domain::Failure::BY_HOST.map(str::to_owned));
        let explained = &codes(&OF_INSTANCES) | &codes(&OF_PROVISIONERS);
        assert_eq!(used, explained, "explain each code in this file");
        let errors = found(&sources().join("plugin/error.rs"), r#"Self::[A-Z][^\n]*=> "([a-z_]+)","#);
        let standings = found(&sources().join("plugin/standing.rs"), r#"const [A-Z_]+: &str = "([a-z_]+)";"#);
        assert_eq!(&errors | &standings, codes(&OF_PLUGINS));
    }
}
