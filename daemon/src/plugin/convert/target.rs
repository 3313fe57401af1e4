//! Which workload is meant, and what is known of it.

use super::{Broken, optional_text, pairs, text, to_pairs};
use crate::domain::{InstanceId, OwnerId, Secrets, Target, Workload, WorkloadName};
use crate::plugin::bindings::imports::types;

/// For the guest.
pub(in crate::plugin) fn target_to_guest(target: &Target) -> types::Target {
    types::Target {
        workload_name: target.name.as_str().to_owned(),
        instance_id: target.instance.to_string(),
        owner: target.owner.to_string(),
        attempt: target.incarnation,
        last_known: target.last_known.as_ref().map(workload_to_guest),
        extra: Vec::new(),
    }
}

fn workload_to_guest(workload: &Workload) -> types::Workload {
    types::Workload {
        id: workload.id.clone(),
        name: workload.name.clone(),
        url: workload.url.clone(),
        port: workload.port,
        extra: to_pairs(&workload.details),
    }
}

/// As a guest names it to its host; what the host does not know about it is left out.
pub(in crate::plugin) fn target_from_guest(target: &types::Target) -> Result<Target, Broken> {
    let name: WorkloadName =
        target.workload_name.parse().map_err(|error| Broken::new(format!("target: {error}")))?;
    let instance: InstanceId =
        target.instance_id.parse().map_err(|_| Broken::new("target: instance-id is not a UUID"))?;
    let owner = owner(&target.owner).ok_or_else(|| Broken::new("target: owner is not an owner's id"))?;
    Ok(Target { name, instance, owner, incarnation: target.attempt, last_known: None })
}

/// Reads an owner's mark.
pub(in crate::plugin) fn owner(text: &str) -> Option<OwnerId> {
    let hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then(|| u128::from_str_radix(text, 16).ok()).flatten().map(OwnerId::from_u128)
}

/// From a guest's answer.
pub(super) fn workload(secrets: &Secrets, workload: &types::Workload) -> Result<Workload, Broken> {
    if workload.port == Some(0) {
        return Err(Broken::new("workload.port is 0"));
    }
    if workload.id.is_empty() && workload.name.is_empty() {
        return Err(Broken::new("workload has neither id nor name"));
    }
    if let Some(url) = &workload.url {
        let uri: Option<http::Uri> = url.parse().ok();
        let usable = uri.is_some_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
        });
        if !usable {
            return Err(Broken::new("workload.url is not an http:// or https:// URL"));
        }
    }
    Ok(Workload {
        id: text(secrets, "workload.id", &workload.id)?,
        name: text(secrets, "workload.name", &workload.name)?,
        url: optional_text(secrets, "workload.url", workload.url.as_deref())?,
        port: workload.port,
        details: pairs(secrets, "workload.extra", &workload.extra)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Secret;

    fn guest(port: Option<u16>, url: Option<&str>) -> types::Workload {
        types::Workload {
            id: "c1".to_owned(),
            name: "wf".to_owned(),
            url: url.map(str::to_owned),
            port,
            extra: vec![("token".to_owned(), "hunter2-long".to_owned())],
        }
    }

    #[test]
    fn a_workload_needs_a_possible_port_and_url() {
        let secrets = Secrets::default();
        assert!(workload(&secrets, &guest(Some(8080), Some("http://127.0.0.1:8080"))).is_ok());
        assert!(workload(&secrets, &guest(Some(0), None)).is_err());
        for url in ["ftp://h", "127.0.0.1:80", "", "http://"] {
            assert!(workload(&secrets, &guest(None, Some(url))).is_err(), "{url}");
        }
    }

    #[test]
    fn secrets_are_replaced_in_details() {
        let secrets = Secrets([("K".to_owned(), Secret::new("hunter2-long".to_owned()))].into());
        assert_eq!(workload(&secrets, &guest(None, None)).unwrap().details["token"], "[secret]");
    }

    #[test]
    fn a_target_comes_back_as_it_went() {
        let target = Target {
            name: WorkloadName::of(OwnerId::from_u128(1), InstanceId::from_u128(2)),
            instance: InstanceId::from_u128(2),
            owner: OwnerId::from_u128(1),
            incarnation: 3,
            last_known: None,
        };
        assert_eq!(target_from_guest(&target_to_guest(&target)), Ok(target));
    }
}
