/** `ablate doctor`: whether ablate can work here, and what to do where it cannot. */
import type { Command, CommandContext } from "../command.ts"
import type { Finding, FindingGroup } from "../doctor/check.ts"
import type { EngineReport } from "../doctor/engine.ts"

export const command: Command = {
  name: "doctor",
  usage: ["doctor"],
  description: `Looks at everything that runs depend on: versions, engines (each is tried), processors and memory, the GPU, the project and the settings that hold in it (and where each was said), the store and its disk, and what the terminal can show.

The exit code is 1 when something would make runs fail. Put its output, or that of --json, into a bug report.`,
  flags: [],
  examples: [{ line: "ablate doctor", note: "check this machine and project" }],
  args: { min: 0, max: 0 },
  run: async (context) => {
    const { engine, groups } = await examine(context)
    const findings = groups.flatMap((group) => group.findings)
    const healthy = findings.every(({ status }) => status !== "problem")
    if (context.json)
      context.printJson({ healthy, groups, ...(engine === undefined ? {} : { engine }) })
    else {
      const { printFindings } = await import("../doctor/print.ts")
      printFindings(context.quiet ? withoutGood(groups) : groups, context.out)
    }
    return healthy ? 0 : 1
  }
}

interface Examination {
  readonly groups: ReadonlyArray<FindingGroup>
  /** Absent where the settings cannot be read. */
  readonly engine?: EngineReport
}

const examine = async (context: CommandContext): Promise<Examination> => {
  const [versions, machine, terminal] = await Promise.all([
    import("../doctor/versions.ts"),
    import("../doctor/machine.ts"),
    import("../doctor/terminal.ts")
  ])
  const { engine, groups } = await examineProject(context)
  return {
    groups: [
      { title: "Versions", findings: await versions.checkVersions() },
      { title: "Machine", findings: await machine.checkMachine() },
      ...groups,
      { title: "Terminal", findings: terminal.checkTerminal(context) }
    ],
    ...(engine === undefined ? {} : { engine })
  }
}

/** A settings file with a mistake in it is a finding as well: the rest is examined all the same. */
const examineProject = async (context: CommandContext): Promise<Examination> => {
  const { openProject } = await import("../project.ts")
  const { UserError } = await import("../../base/user-error.ts")
  try {
    const project = await openProject(context)
    const { checkProject } = await import("../doctor/project.ts")
    const { checkStore } = await import("../doctor/store.ts")
    const { engineFindings, reportEngines } = await import("../doctor/engine.ts")
    const engine = reportEngines(project.engine, project.jobs)
    const groups = [
      { title: "Engine", findings: engineFindings(engine) },
      { title: "Project", findings: await checkProject(project, context) },
      { title: "Store", findings: await checkStore(project) }
    ]
    return { groups, engine }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const finding: Finding = {
      name: "settings",
      status: "problem",
      text: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint })
    }
    return { groups: [{ title: "Project", findings: [finding] }] }
  }
}

const withoutGood = (groups: ReadonlyArray<FindingGroup>): ReadonlyArray<FindingGroup> =>
  groups.flatMap(({ title, findings }) => {
    const bad = findings.filter(({ status }) => status === "warning" || status === "problem")
    return bad.length === 0 ? [] : [{ title, findings: bad }]
  })
