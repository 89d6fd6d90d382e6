/**
 * The store against `sha256sum` on the same bytes: putting them, putting them as a file, verifying them.
 *
 *     node bench/store.ts [MEGABYTES]
 *
 * Each is timed three times and the best counts. A ratio of 1.25 or more would miss the aim of 80 % of sha256sum's rate.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { randomFillSync } from "node:crypto"
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openStore } from "../src/store/store.ts"
import { verifyStore } from "../src/store/verify.ts"
import { milliseconds, printTable, ratio } from "./support/table.ts"

const megabytes = Number(process.argv[2] ?? 512)
const folder = mkdtempSync(join(tmpdir(), "ablate-bench-"))
const source = join(folder, "source.bin")

const writeSource = () => {
  const chunk = new Uint8Array(1 << 20)
  const file = openSync(source, "w")
  for (let index = 0; index < megabytes; index++) writeFileSync(file, randomFillSync(chunk))
  fsyncSync(file)
  closeSync(file)
}

const seconds = async (work: () => unknown): Promise<number> => {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

const attempts = 3

const best = async (prepare: () => () => unknown): Promise<number> => {
  const times: Array<number> = []
  for (let attempt = 0; attempt < attempts; attempt++) times.push(await seconds(prepare()))
  return Math.min(...times)
}

const emptyStore = () => {
  const root = join(folder, "store")
  rmSync(root, { recursive: true, force: true })
  return openStore(root)
}

try {
  writeSource()
  if (spawnSync("sha256sum", ["--version"]).status !== 0) {
    console.log("sha256sum is not installed: nothing to compare with")
  } else {
    const peer = await best(() => () => execFileSync("sha256sum", [source]))
    const bytes = readFileSync(source)
    const put = await best(() => {
      const store = emptyStore()
      return () => store.blobs.put(bytes)
    })
    const putFile = await best(() => {
      const store = emptyStore()
      return () => store.blobs.putFile(source)
    })
    const store = openStore(join(folder, "store"))
    const verify = await best(() => () => verifyStore(store))
    const times = { sha256sum: peer, "put (bytes)": put, "put (file)": putFile, verify }
    printTable(`The store, ${megabytes} MB, best of ${attempts}`, [
      ["", "time", "MB/s", "time, ours / sha256sum"],
      ...Object.entries(times).map(([name, time]) => [
        name,
        milliseconds(time * 1000),
        (megabytes / time).toFixed(0),
        ratio(time / peer)
      ])
    ])
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
