/** Begins a run, logs one event and ends or stays: `run-and-exit.ts STORE exit|stay`. */
import { openStore } from "../../../src/store/store.ts"

const [root = "", what] = process.argv.slice(2)
const run = openStore(root).runs.create({
  pipeline: "demo",
  file: "pipelines/demo.yaml",
  set: [],
  params: {},
  startedAt: "2026-01-01T00:00:00.000Z",
  state: "running",
  counts: { total: 0, known: 0, ran: 0, failed: 0, skipped: 0 }
})
run.append({ _tag: "Last" })
process.send?.(run.name, () => {
  if (what === "exit") process.exit()
  setInterval(() => undefined, 1000)
})
