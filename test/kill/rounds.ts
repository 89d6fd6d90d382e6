/**
 * Rounds of `kill -9` at random moments of a run: the driver in two of three rounds, else one of its workers. Then one
 * run must finish, give the right sums, and leave a store that verifies and that `gc` clears of leftovers.
 *
 * `node test/kill/rounds.ts [ROUNDS]`, default 100 (`npm run test:kill`).
 */
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import { ablate, checkout, stagesOf, start, temporaryFolder } from "../support/project.ts"
import { childrenOf, ended, kill } from "./processes.ts"

const layers = 8
const width = 6

/** What the pipeline's stages sum up to, computed here independently of ablate. */
const expectedSums = (salt: number): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>()
  for (let layer = 0; layer < layers; layer++) {
    for (let place = 0; place < width; place++) {
      const above = (offset: number) => sums.get(`s${layer - 1}x${(place + offset) % width}`) ?? 0
      sums.set(`s${layer}x${place}`, layer * width + place + salt + above(0) + above(1))
    }
  }
  return sums
}

const leftovers = (store: string) =>
  ["tmp", "claims"].flatMap((folder) =>
    readdirSync(path.join(store, folder)).map((name) => `${folder}/${name}`)
  )

const check = (holds: boolean, message: string) => {
  if (!holds) throw new Error(message)
}

export interface KillSummary {
  readonly rounds: number
  readonly driversKilled: number
  readonly workersKilled: number
  readonly finishedFirst: number
}

/** @throws Error with what went wrong; the project's folder is kept then, and named. */
export const killRounds = async (
  rounds: number,
  log: (line: string) => void
): Promise<KillSummary> => {
  const project = path.join(temporaryFolder("ablate-kill-"), "project")
  cpSync(path.join(checkout, "test", "fixtures", "killed"), project, { recursive: true })
  const store = path.join(project, "artifacts")
  const counts = { rounds, driversKilled: 0, workersKilled: 0, finishedFirst: 0 }
  let salt = 0
  const run = () => ["-C", project, "run", "killed", "-j2", "--set", `params.salt=${salt}`]

  const finishAndCheck = async () => {
    const stages = await stagesOf(run())
    for (const [id, sum] of expectedSums(salt)) {
      const digest = stages.get(id)?.outputs?.["sum"]?.digest
      check(digest !== undefined, `${id} has no result`)
      const shown = await valueOf(project, digest ?? "")
      check(shown === sum, `${id} is ${shown}, not ${sum}`)
    }
    const verified = await ablate(["-C", project, "store", "verify"])
    check(verified.code === 0, `store verify: ${verified.stdout}${verified.stderr}`)
    const collected = await ablate(["-C", project, "store", "gc", "--keep", "1"])
    check(collected.code === 0, `store gc: ${collected.stdout}${collected.stderr}`)
    check(leftovers(store).length === 0, `left over after gc: ${leftovers(store).join(", ")}`)
  }

  for (let round = 0; round < rounds; round++) {
    const { child, finished } = start(run())
    let done = false
    const end = finished.then(() => (done = true))
    await setTimeout(100 + Math.random() * 900)
    const driver = child.pid ?? 0
    const workers = childrenOf(driver)
    const victim = workers[Math.floor(Math.random() * workers.length)]
    if (done) counts.finishedFirst += 1
    else if (round % 3 === 2 && victim !== undefined) counts.workersKilled += kill(victim) ? 1 : 0
    else counts.driversKilled += kill(driver) ? 1 : 0
    await end
    await ended(workers)
    if (done && counts.finishedFirst + round > 0 && (await isComplete(project, run()))) {
      await finishAndCheck()
      salt += 1
    }
    if (round % 10 === 9) log(`round ${round + 1} of ${rounds}: ${JSON.stringify(counts)}`)
  }
  await finishAndCheck()
  rmSync(project, { recursive: true, force: true })
  return counts
}

const isComplete = async (project: string, run: ReadonlyArray<string>) => {
  const stages = await stagesOf(["-C", project, "plan", ...run.slice(3)])
  return [...stages.values()].every((stage) => stage.state === "known")
}

/** The first element of a stored tensor, read from the files alone, without ablate's own code. */
const valueOf = async (project: string, digest: string): Promise<number> => {
  const blob = (hex: string) =>
    readFileSync(path.join(project, "artifacts", "cas", "sha256", hex.slice(0, 2), hex.slice(2)))
  const { files } = JSON.parse(blob(digest).toString("utf8")) as {
    readonly files: { readonly [name: string]: { readonly digest: string } }
  }
  const data = blob(Object.values(files)[0]?.digest ?? "")
  const header = Number(data.readBigUInt64LE(0))
  return data.readFloatLE(8 + header)
}

if (import.meta.main) {
  const summary = await killRounds(Number(process.argv[2] ?? 100), console.log)
  console.log(`kill -9: ${JSON.stringify(summary)}: right results, store verified, no leftovers`)
}
