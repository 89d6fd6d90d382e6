/** Prints rows as an aligned table: the first column to the left, the others to the right. */
export const printTable = (title: string, rows: ReadonlyArray<ReadonlyArray<string>>): void => {
  const widths = rows.reduce<Array<number>>(
    (widest, row) => row.map((cell, column) => Math.max(widest[column] ?? 0, cell.length)),
    []
  )
  console.log(`\n${title}`)
  for (const [index, row] of rows.entries()) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    )
    console.log(`  ${cells.join("  ").trimEnd()}`)
    if (index === 0) console.log(`  ${widths.map((width) => "-".repeat(width)).join("  ")}`)
  }
}

export const milliseconds = (value: number): string =>
  value < 10_000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`

export const ratio = (value: number): string => `${value.toFixed(2)}x`
