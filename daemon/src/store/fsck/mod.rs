//! Is everything in the database sound, and does it fit together? Changes nothing.
//!
//! First the library's own check: every page is as it was written. Then ours: every record can be
//! read, and what is told in two places is told alike.

mod requests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use redb::{
    Key, ReadOnlyTable, ReadTransaction, ReadableDatabase as _, ReadableTable as _,
    ReadableTableMetadata as _, TableDefinition, TableHandle as _, Value,
};

use super::lock::Lock;
use super::medium::{FileMedium, Medium};
use super::outlines::{self, OutlineValue};
use super::record::{OutputRecord, TombstoneRecord, decode};
use super::tables::{
    EVENT, EVENT_OF, NAME, OUTLINE, OUTPUT, SECRET, SPEC, STATUS, TOMBSTONE, Visitor, visit,
};
use super::{Error, Options, events, instances, open};
use crate::domain::{Instance, InstanceId, Revision};
use crate::runtime::ErrorChain;

/// Troubles that are told one by one; more are only counted.
const TOLD: usize = 100;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// The format of the records.
    pub format: u32,
    /// How many rows each table has.
    pub rows: Vec<(String, u64)>,
    /// The file itself is not sound: why. Then its records were not looked at.
    pub broken: Option<String>,
    /// What is wrong with single records.
    pub troubles: Vec<String>,
    /// Troubles beyond those.
    pub more: usize,
}

impl Findings {
    /// Nothing is wrong.
    pub fn are_fine(&self) -> bool {
        self.broken.is_none() && self.troubles.is_empty()
    }

    /// Rows of all tables.
    pub fn records(&self) -> u64 {
        self.rows.iter().map(|(_, rows)| rows).sum()
    }

    fn trouble(&mut self, what: impl Into<String>) {
        if self.troubles.len() < TOLD {
            self.troubles.push(what.into());
        } else {
            self.more += 1;
        }
    }
}

/// Checks the database of a data directory on which no daemon runs.
pub fn fsck(options: &Options) -> Result<Findings, Error> {
    let _lock = Lock::take(&options.data_dir)?;
    let path = open::existing(&options.data_dir)?;
    check(&FileMedium::new(&path), options.cache, &path)
}

/// Checks what is in `medium`, called `path`.
pub(super) fn check(medium: &dyn Medium, cache: usize, path: &Path) -> Result<Findings, Error> {
    let checked = open::guarded(path, || {
        let mut database = medium.view(&open::library(cache))?;
        if !database.check_integrity()? {
            return Err(open::damaged(path, "the library would have to repair it"));
        }
        drop(database);
        let (database, marks) = open::look(medium, cache, path)?;
        let transaction = database.begin_read()?;
        let mut rows = Rows { transaction: &transaction, counted: Vec::new() };
        visit(&mut rows)?;
        let findings = Findings { format: marks.format, rows: rows.counted, ..Findings::default() };
        let mut findings = Check { tables: &Tables::open(&transaction)?, findings }.run()?;
        requests::check(&transaction, &mut findings)?;
        Ok(findings)
    });
    match checked {
        Err(error @ Error::Damaged { .. }) => {
            Ok(Findings { broken: Some(ErrorChain(&error).to_string()), ..Findings::default() })
        }
        checked => checked,
    }
}

struct Rows<'check> {
    transaction: &'check ReadTransaction,
    counted: Vec<(String, u64)>,
}

impl Visitor for Rows<'_> {
    fn visit<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<(), Error> {
        let name = table.name().to_owned();
        let rows = self.transaction.open_table(table)?.len()?;
        self.counted.push((name, rows));
        Ok(())
    }
}

struct Tables {
    specs: ReadOnlyTable<u128, &'static [u8]>,
    statuses: ReadOnlyTable<u128, &'static [u8]>,
    outlines: ReadOnlyTable<u128, OutlineValue>,
    secrets: ReadOnlyTable<u128, &'static [u8]>,
    names: ReadOnlyTable<&'static str, u128>,
    events: ReadOnlyTable<u64, &'static [u8]>,
    events_of: ReadOnlyTable<(u128, u64), ()>,
    tombstones: ReadOnlyTable<u128, &'static [u8]>,
    outputs: ReadOnlyTable<u128, &'static [u8]>,
}

impl Tables {
    fn open(transaction: &ReadTransaction) -> Result<Self, Error> {
        Ok(Self {
            specs: transaction.open_table(SPEC)?,
            statuses: transaction.open_table(STATUS)?,
            outlines: transaction.open_table(OUTLINE)?,
            secrets: transaction.open_table(SECRET)?,
            names: transaction.open_table(NAME)?,
            events: transaction.open_table(EVENT)?,
            events_of: transaction.open_table(EVENT_OF)?,
            tombstones: transaction.open_table(TOMBSTONE)?,
            outputs: transaction.open_table(OUTPUT)?,
        })
    }
}

struct Check<'check> {
    tables: &'check Tables,
    findings: Findings,
}

impl Check<'_> {
    fn run(mut self) -> Result<Findings, Error> {
        self.instances()?;
        self.what_belongs_to_none()?;
        self.what_is_left_of_others()?;
        self.events()?;
        Ok(self.findings)
    }

    fn instances(&mut self) -> Result<(), Error> {
        let tables = self.tables;
        for row in tables.statuses.iter()? {
            let id = InstanceId::from_u128(row?.0.value());
            match instances::read(&tables.specs, &tables.statuses, id) {
                Ok(Some(instance)) => self.instance(&instance)?,
                Ok(None) => self.findings.trouble(format!("instance {id} has a status and no specification")),
                Err(error @ Error::Record { .. }) => self.findings.trouble(ErrorChain(&error).to_string()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn instance(&mut self, instance: &Instance) -> Result<(), Error> {
        let (id, key, name) = (instance.id, instance.id.as_u128(), &instance.spec.name);
        let holder = self.tables.names.get(name.as_str())?.map(|id| InstanceId::from_u128(id.value()));
        if holder != Some(id) {
            let holder = holder.map_or("nothing".to_owned(), |holder| format!("instance {holder}"));
            self.findings.trouble(format!("instance {id} is called {name}, and that name is {holder}'s"));
        }
        let outline = self.tables.outlines.get(key)?.map(|value| outlines::read(id, value.value()));
        match outline {
            Some(Ok(outline)) if outline == instance.outline() => {}
            Some(Ok(_)) => self.findings.trouble(format!("the outline of instance {id} is not its status's")),
            Some(Err(error)) => {
                self.findings.trouble(format!("the outline of instance {id}: {}", ErrorChain(&error)));
            }
            None => self.findings.trouble(format!("instance {id} has no outline")),
        }
        let kept: Option<BTreeMap<String, String>> = match self.tables.secrets.get(key)? {
            None => Some(BTreeMap::new()),
            Some(bytes) => decode(bytes.value()).ok(),
        };
        // Their values are nobody's business.
        let told: BTreeSet<&String> = instance.spec.secret_names.iter().collect();
        if kept.is_none_or(|kept| kept.keys().collect::<BTreeSet<_>>() != told) {
            self.findings
                .trouble(format!("the secrets of instance {id} are not those its specification names"));
        }
        if self.tables.tombstones.get(key)?.is_some() {
            self.findings.trouble(format!("instance {id} lives and has a tombstone"));
        }
        let last = self.tables.events_of.range((key, 0)..=(key, u64::MAX))?.next_back().transpose()?;
        let pruned = self.tables.events.first()?.map_or(u64::MAX, |(first, _)| first.value());
        let agrees = match last {
            Some((last, _)) => last.value().1 == instance.revision.0,
            None => instance.revision.0 < pruned,
        };
        if !agrees {
            let revision = instance.revision;
            self.findings
                .trouble(format!("instance {id} is at revision {revision}, and its last event is not"));
        }
        Ok(())
    }

    fn what_belongs_to_none(&mut self) -> Result<(), Error> {
        let mut stray = Vec::new();
        let living = |id: u128| Ok::<_, Error>(self.tables.statuses.get(id)?.is_some());
        let what = |what: &str, id: u128| {
            format!("{what} of instance {}, which is not there", InstanceId::from_u128(id))
        };
        for row in self.tables.specs.iter()? {
            let id = row?.0.value();
            if !living(id)? {
                stray.push(what("the specification", id));
            }
        }
        for row in self.tables.outlines.iter()? {
            let id = row?.0.value();
            if !living(id)? {
                stray.push(what("the outline", id));
            }
        }
        for row in self.tables.secrets.iter()? {
            let id = row?.0.value();
            if !living(id)? {
                stray.push(what("the secrets", id));
            }
        }
        for row in self.tables.names.iter()? {
            let (name, id) = row?;
            if !living(id.value())? {
                stray.push(what(&format!("the name {:?}", name.value()), id.value()));
            }
        }
        stray.into_iter().for_each(|stray| self.findings.trouble(stray));
        Ok(())
    }

    fn what_is_left_of_others(&mut self) -> Result<(), Error> {
        let tables = self.tables;
        for row in tables.tombstones.iter()? {
            let (id, bytes) = row?;
            if let Err(error) = decode::<TombstoneRecord>(bytes.value()) {
                let id = InstanceId::from_u128(id.value());
                self.findings.trouble(format!("tombstone {id}: {}", ErrorChain(&error)));
            }
        }
        for row in tables.outputs.iter()? {
            let (id, bytes) = row?;
            let of = InstanceId::from_u128(id.value());
            if decode::<OutputRecord>(bytes.value()).is_err() {
                self.findings.trouble(format!("the output of instance {of} is no record of this version"));
            }
            if tables.statuses.get(id.value())?.is_none() && tables.tombstones.get(id.value())?.is_none() {
                self.findings.trouble(format!("the output of instance {of}, of which nothing else is left"));
            }
        }
        Ok(())
    }

    fn events(&mut self) -> Result<(), Error> {
        let (mut previous, mut indexed) = (None, 0);
        for row in self.tables.events.iter()? {
            let (revision, bytes) = row?;
            let revision = revision.value();
            if previous.is_some_and(|previous| previous + 1 != revision) {
                self.findings.trouble(format!("there is no event before {revision}"));
            }
            previous = Some(revision);
            match events::read(Revision(revision), bytes.value()) {
                Err(error) => self.findings.trouble(ErrorChain(&error).to_string()),
                Ok(event) => {
                    let Some(subject) = event.subject else { continue };
                    indexed += 1;
                    if self.tables.events_of.get((subject.id.as_u128(), revision))?.is_none() {
                        self.findings
                            .trouble(format!("event {revision} is not among those of {}", subject.id));
                    }
                }
            }
        }
        let rows = self.tables.events_of.len()?;
        if rows != indexed {
            self.findings.trouble(format!("{rows} events are said to be instances', and {indexed} are"));
        }
        Ok(())
    }
}
