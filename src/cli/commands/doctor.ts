/** `ablate doctor`: whether ablate can work here, and what to do where it cannot. */
import type { Command } from "../command.ts"
import type { Finding, FindingGroup } from "../doctor/check.ts"

export const command: Command = {
  name: "doctor",
  usage: ["doctor"],
  description: `Looks at everything that runs depend on: versions, the tensor engine, processors and memory, the GPU, the project and the settings that hold in it (and where each was said), the store and its disk, and what the terminal can show.

The exit code is 1 when something would make runs fail. Put its output, or that of --json, into a bug report.`,
  flags: [],
  examples: [{ line: "ablate doctor", note: "check this machine and project" }],
  args: { min: 0, max: 0 },
  run: async (context) => {
    const groups = await examine(context)
    const findings = groups.flatMap((group) => group.findings)
    const healthy = findings.every(({ status }) => status !== "problem")
    if (context.json) context.printJson({ healthy, groups })
    else {
      const { printFindings } = await import("../doctor/print.ts")
      printFindings(context.quiet ? withoutGood(groups) : groups, context.out)
    }
    return healthy ? 0 : 1
  }
}

const examine = async (
  context: Parameters<Command["run"]>[0]
): Promise<ReadonlyArray<FindingGroup>> => {
  const [versions, machine, terminal] = await Promise.all([
    import("../doctor/versions.ts"),
    import("../doctor/machine.ts"),
    import("../doctor/terminal.ts")
  ])
  return [
    { title: "Versions", findings: await versions.checkVersions() },
    { title: "Machine", findings: await machine.checkMachine() },
    ...(await examineProject(context)),
    { title: "Terminal", findings: terminal.checkTerminal(context) }
  ]
}

/** A settings file with a mistake in it is a finding as well: the rest is examined all the same. */
const examineProject = async (
  context: Parameters<Command["run"]>[0]
): Promise<ReadonlyArray<FindingGroup>> => {
  const { openProject } = await import("../project.ts")
  const { UserError } = await import("../../base/user-error.ts")
  try {
    const project = await openProject(context)
    const { checkProject } = await import("../doctor/project.ts")
    const { checkStore } = await import("../doctor/store.ts")
    return [
      { title: "Project", findings: await checkProject(project, context) },
      { title: "Store", findings: await checkStore(project) }
    ]
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const finding: Finding = {
      name: "settings",
      status: "problem",
      text: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint })
    }
    return [{ title: "Project", findings: [finding] }]
  }
}

const withoutGood = (groups: ReadonlyArray<FindingGroup>): ReadonlyArray<FindingGroup> =>
  groups.flatMap(({ title, findings }) => {
    const bad = findings.filter(({ status }) => status === "warning" || status === "problem")
    return bad.length === 0 ? [] : [{ title, findings: bad }]
  })
