#!/bin/sh
# Stands in for the daemon in the harness's own tests: says where "it" listens, waits for SIGTERM.
# A file of its own, because a script written by a test can be busy when it is run.
echo "started $*" >&2
[ -n "$STUB_EXIT" ] && exit "$STUB_EXIT"
trap 'exit 0' TERM
echo "some other line"
echo "wharfinger listening on $STUB_URL"
while :; do sleep 0.05; done
