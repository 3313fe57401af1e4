//! Templates, whose inputs travel as JSON text.

use serde::Serialize;
use serde_json::Value;

use super::{Broken, MAX_PAGE, bounded, optional_text, pairs, prose, text, to_pairs};
use crate::domain::{HealthPolicy, Input, Secrets, Template};
use crate::plugin::bindings::imports::types;

/// Inputs of one template, words of one command, choices of one input.
const MAX_PARTS: usize = 256;

/// For the guest.
pub(super) fn template_to_guest(template: &Template) -> types::Template {
    types::Template {
        name: template.name.as_str().to_owned(),
        description: template.description.clone(),
        image: template.image.clone(),
        command: template.command.clone(),
        port: template.port,
        path: template.path.clone(),
        transport: template.transport.clone(),
        environment: to_pairs(&template.environment),
        labels: to_pairs(&template.labels),
        resources: to_pairs(&template.resources),
        inputs: inputs_to_json(&template.inputs),
        extra: Vec::new(),
    }
}

fn inputs_to_json(inputs: &[Input]) -> String {
    let inputs: Vec<InputJson<'_>> = inputs.iter().map(InputJson::of).collect();
    // Text, flags and lists of text can always be written.
    serde_json::to_string(&inputs).unwrap_or_default()
}

/// One of [`types::Template::inputs`].
#[derive(Serialize)]
struct InputJson<'a> {
    name: &'a str,
    description: &'a str,
    required: bool,
    secret: bool,
    default: Option<&'a str>,
    choices: &'a [String],
    format: Option<&'a str>,
    pattern: Option<&'a str>,
}

impl<'a> InputJson<'a> {
    fn of(input: &'a Input) -> Self {
        Self {
            name: &input.name,
            description: &input.description,
            required: input.required,
            secret: input.secret,
            default: input.default.as_deref(),
            choices: &input.choices,
            format: input.format.as_deref(),
            pattern: input.pattern.as_deref(),
        }
    }
}

/// A backend's own template.
pub(super) fn template(guest: &types::Template) -> Result<Template, Broken> {
    // Templates are fetched for no instance: there is no secret that could be in them.
    let none = Secrets::default();
    if guest.port == 0 {
        return Err(Broken::new("port is 0"));
    }
    if !guest.path.starts_with('/') {
        return Err(Broken::new("path has no leading slash"));
    }
    bounded("command", &guest.command, MAX_PARTS)?;
    Ok(Template {
        name: guest.name.parse().map_err(|error| Broken::new(format!("{error}")))?,
        description: prose(&none, &guest.description),
        icon: None,
        provisioner: None,
        image: optional_text(&none, "image", guest.image.as_deref())?,
        command: guest.command.iter().map(|word| text(&none, "command", word)).collect::<Result<_, _>>()?,
        port: guest.port,
        path: text(&none, "path", &guest.path)?,
        transport: text(&none, "transport", &guest.transport)?,
        environment: pairs(&none, "environment", &guest.environment)?,
        labels: pairs(&none, "labels", &guest.labels)?,
        resources: pairs(&none, "resources", &guest.resources)?,
        health: HealthPolicy::default(),
        inputs: inputs(&guest.inputs)?,
    })
}

fn inputs(json: &str) -> Result<Vec<Input>, Broken> {
    if json.trim().is_empty() {
        return Ok(Vec::new());
    }
    let inputs: Vec<serde_json::Map<String, Value>> =
        serde_json::from_str(json).map_err(|error| Broken::new(format!("inputs: {error}")))?;
    bounded("inputs", &inputs, MAX_PARTS)?;
    inputs.iter().map(input).collect()
}

fn input(json: &serde_json::Map<String, Value>) -> Result<Input, Broken> {
    let wrong = |key: &str, wanted: &str| Broken::new(format!("inputs: {key} is not {wanted}"));
    let string = |key: &str| match json.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(value)) => Ok(Some(value.clone())),
        Some(_) => Err(wrong(key, "a string")),
    };
    let flag = |key: &str| match json.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(wrong(key, "true or false")),
    };
    let choices = match json.get("choices") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(choices)) if choices.len() <= MAX_PARTS => choices
            .iter()
            .map(|choice| {
                choice.as_str().map(str::to_owned).ok_or_else(|| wrong("choices", "a list of strings"))
            })
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(wrong("choices", "a list of at most 256 strings")),
    };
    let name = string("name")?.filter(|name| !name.is_empty()).ok_or_else(|| wrong("name", "there"))?;
    Ok(Input {
        name,
        description: string("description")?.unwrap_or_default(),
        required: flag("required")?,
        secret: flag("secret")?,
        default: string("default")?,
        choices,
        format: string("format")?,
        pattern: string("pattern")?,
    })
}

/// The templates of a page that can be used, and what is wrong with each of the others: one bad
/// template must not hide the rest.
pub(super) fn templates(page: &[types::Template]) -> Result<(Vec<Template>, Vec<String>), Broken> {
    bounded("templates", page, MAX_PAGE)?;
    let mut usable = Vec::new();
    let mut complaints = Vec::new();
    for guest in page {
        match template(guest) {
            Ok(template) => usable.push(template),
            Err(Broken(reason)) => complaints.push(format!("{:?}: {reason}", super::cut(&guest.name, 80))),
        }
    }
    Ok((usable, complaints))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Template {
        Template {
            name: "weather".parse().unwrap(),
            description: "What the sky does".to_owned(),
            icon: None,
            provisioner: None,
            image: Some("weather:1".to_owned()),
            command: vec!["serve".to_owned()],
            port: 8080,
            path: "/mcp".to_owned(),
            transport: "streamable-http".to_owned(),
            environment: [("A".to_owned(), "1".to_owned())].into(),
            labels: [].into(),
            resources: [("cpu".to_owned(), "500m".to_owned())].into(),
            health: HealthPolicy::default(),
            inputs: vec![Input {
                name: "KEY".to_owned(),
                required: true,
                secret: true,
                choices: vec!["a".to_owned()],
                ..Input::default()
            }],
        }
    }

    #[test]
    fn a_template_comes_back_as_it_went() {
        assert_eq!(template(&template_to_guest(&sample())), Ok(sample()));
    }

    #[test]
    fn one_bad_template_does_not_hide_the_others() {
        let mut bad = template_to_guest(&sample());
        bad.name = "Not a Label".to_owned();
        let (usable, complaints) = templates(&[bad, template_to_guest(&sample())]).unwrap();
        assert_eq!((usable.len(), complaints.len()), (1, 1));
    }
}
