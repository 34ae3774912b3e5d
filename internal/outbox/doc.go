// Package outbox hands events over to others, each at least once: to files, or to NATS JetStream. What was put into a [Box] counts as handed over when it is on
// disk there; whoever keeps checkpoints must wait for that before he saves one. After a restart, what was put behind the last checkpoint is put again, with
// the same IDs.
package outbox
