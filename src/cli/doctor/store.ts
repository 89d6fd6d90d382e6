/** The store: whether it can be used, room on its disk, and what crashes have left in it. Nothing is hashed here. */
import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs"
import { dirname, join } from "node:path"
import { UserError } from "../../base/user-error.ts"
import { livenessOfToken } from "../../store/liveness.ts"
import { namesIn } from "../../store/inventory.ts"
import type { Store } from "../../store/store.ts"
import { bytes, count } from "../format.ts"
import type { Project } from "../project.ts"
import type { Finding } from "./check.ts"

export const checkStore = async (project: Project): Promise<ReadonlyArray<Finding>> => {
  const place = nearestFolder(project.storeRoot)
  const disk = [checkSpace(place), checkWritable(place)]
  if (!existsSync(join(project.storeRoot, "store.json"))) {
    return [
      {
        name: "store",
        status: "note",
        text: `no store yet; the first run makes ${project.storeRoot}`
      },
      ...disk
    ]
  }
  try {
    const { store } = project
    return [...(await checkContents(store)), ...disk]
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return [
      {
        name: "store",
        status: "problem",
        text: error.message,
        ...(error.hint === undefined ? {} : { hint: error.hint })
      },
      ...disk
    ]
  }
}

const checkContents = async (store: Store): Promise<ReadonlyArray<Finding>> => {
  const { storeStats } = await import("../../store/stats.ts")
  const { kinds, bytes: size } = storeStats(store)
  const runs = store.runs.list()
  const interrupted = runs.filter(({ state }) => state === "interrupted").length
  return [
    {
      name: "store",
      status: "ok",
      text: `${store.root}: ${bytes(size)}, ${count(kinds.actions.count, "result")}, ${count(kinds.blobs.count, "file")}, ${count(runs.length, "run")}${interrupted === 0 ? "" : ` (${interrupted} interrupted)`}`
    },
    checkClaims(store),
    checkTemporaries(store),
    ...(kinds.quarantined.count === 0
      ? []
      : [
          {
            name: "quarantine",
            status: "warning" as const,
            text: `${count(kinds.quarantined.count, "damaged file")} set aside by \`store verify\``,
            hint: "`ablate store gc` removes them; the next run makes their results again"
          }
        ]),
    await checkIndex(store)
  ]
}

const checkClaims = (store: Store): Finding => {
  const claims = store.claims.list()
  const dead = claims.filter(({ living }) => !living).length
  const living = claims.length - dead
  return {
    name: "claims",
    status: dead === 0 ? "ok" : "note",
    text:
      dead === 0
        ? living === 0
          ? "no stage is being computed now"
          : `${count(living, "stage")} being computed now`
        : `${count(dead, "claim")} of dead processes, ${living} of living ones`,
    ...(dead === 0 ? {} : { hint: "they are in nobody's way; `ablate store gc` removes them" })
  }
}

const checkTemporaries = ({ layout }: Store): Finding => {
  const abandoned = namesIn(layout.temporary).filter(
    (name) => livenessOfToken(name.split(".")[0] ?? "") === "dead"
  ).length
  return abandoned === 0
    ? { name: "temporaries", status: "ok", text: "no abandoned temporary files" }
    : {
        name: "temporaries",
        status: "note",
        text: `${count(abandoned, "temporary file")} of dead processes`,
        hint: "`ablate store gc` removes them"
      }
}

/** The index may be made again at any time, so a broken one is a warning at most. */
const checkIndex = async (store: Store): Promise<Finding> => {
  if (!existsSync(store.layout.index)) {
    return { name: "index", status: "ok", text: "index not made yet" }
  }
  try {
    const { DatabaseSync } = await import("node:sqlite")
    const database = new DatabaseSync(store.layout.index, { readOnly: true })
    const [row] = database.prepare("PRAGMA quick_check(1)").all()
    database.close()
    const answer = String(Object.values(row ?? {})[0])
    if (answer === "ok") return { name: "index", status: "ok", text: "index sound" }
    return {
      name: "index",
      status: "warning",
      text: `index damaged: ${answer}`,
      hint: remake(store)
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return {
      name: "index",
      status: "warning",
      text: `index unreadable: ${reason}`,
      hint: remake(store)
    }
  }
}

const remake = (store: Store) => `remove ${store.layout.index}; it is made again from the runs`

/** The store's folder, or the nearest one above that is there. */
const nearestFolder = (path: string): string =>
  existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path))

const lowBytes = 1e9
const nothingLeftBytes = 50e6

const checkSpace = (folder: string): Finding => {
  const { bavail, blocks, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const about = {
    name: "disk-space",
    text: `${bytes(free)} of ${bytes(blocks * bsize)} free on ${filesystemOf(folder)}`
  }
  if (free < nothingLeftBytes) {
    return {
      ...about,
      status: "problem",
      hint: "make room, `ablate store gc`, or choose another disk with --store"
    }
  }
  return free < lowBytes
    ? { ...about, status: "warning", hint: "`ablate store gc --dry-run` says what can go" }
    : { ...about, status: "ok" }
}

const checkWritable = (folder: string): Finding => {
  try {
    accessSync(folder, constants.W_OK)
    return { name: "writable", status: "ok", text: "may be written" }
  } catch {
    return {
      name: "writable",
      status: "problem",
      text: `${folder} may not be written`,
      hint: "check its owner and permissions, or choose another store with --store"
    }
  }
}

/** `ext4 at /home`; on systems without /proc just the folder. */
const filesystemOf = (folder: string): string => {
  let mounts: string
  try {
    mounts = readFileSync("/proc/mounts", "utf8")
  } catch {
    return folder
  }
  const best = mounts
    .split("\n")
    .map((line) => line.split(" "))
    .map(([, point = "", type = ""]) => ({ point: point.replaceAll("\\040", " "), type }))
    .filter(({ point }) => folder === point || folder.startsWith(point === "/" ? "/" : `${point}/`))
    .reduce((best, mount) => (mount.point.length >= best.point.length ? mount : best), {
      point: "",
      type: ""
    })
  return best.point === "" ? folder : `${best.type} at ${best.point}`
}
