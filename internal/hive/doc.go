// Package hive writes sessions and messages as Parquet files into folders that are named after columns, as Hive began to do it and DuckDB, Spark, Trino and
// Athena understand: DIR/sessions/date=2026-11-22/host=mx1/part-....parquet, and DIR/messages. Fields have the names, and the nesting, that they have in
// events of JSON.
package hive
