// Stands in for DuckDB's command line, which no package manager of Debian's has: node duckdb.cjs MODULE FILE -c SQL
// prints the columns' names and the rows, with tabs between.
const [module_, file, , sql] = process.argv.slice(2);
const { DuckDBInstance } = require(module_);

async function main() {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  const result = await connection.runAndReadAll(sql);
  for (const row of [result.columnNames(), ...result.getRows()]) console.log(row.join("\t"));
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
