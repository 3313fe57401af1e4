//! Where something is in a JSON document (RFC 6901).

/// The pointer that leads along these names, from the document's root.
pub fn pointer<Name: AsRef<str>>(path: impl IntoIterator<Item = Name>) -> String {
    // Section 3: `~` and `/` are escaped.
    let part = |name: Name| format!("/{}", name.as_ref().replace('~', "~0").replace('/', "~1"));
    path.into_iter().map(part).collect()
}

/// The names that a pointer leads along.
pub fn pointer_path(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_comes_back_as_it_went() {
        for (path, text) in [
            (&[][..], ""),
            (&["environment", "odd/na~me"], "/environment/odd~1na~0me"),
            (&["~1", ""], "/~01/"),
        ] {
            assert_eq!(pointer(path), text);
            assert_eq!(pointer_path(text).collect::<Vec<_>>(), path);
        }
    }
}
