/** `ablate store verify`: hashes everything again and says what is damaged. */
import type { Command } from "../command.ts"

export const command: Command = {
  name: "store verify",
  usage: ["store verify"],
  description: `Reads every file of the store again and compares it with its SHA-256. A damaged file is set aside, so that the stages whose results need it count as not known: the next run of their pipelines makes them again.

The exit code is 1 when something was wrong.`,
  flags: [],
  examples: [
    { line: "ablate store verify", note: "after a crash, or on a disk that is not trusted" }
  ],
  args: { min: 0, max: 0 },
  run: async (context) => {
    const { existingStore, openProject } = await import("../project.ts")
    const store = existingStore(await openProject(context))
    const { verifyWithProgress } = await import("../store/verify.ts")
    const report = await verifyWithProgress(store, context)
    const { repairsFor, printVerify } = await import("../store/verify.ts")
    const repairs = repairsFor(store, report)
    if (context.json) context.printJson({ store: store.root, ...report, repairs })
    else printVerify(report, repairs, context.out, context.verbose)
    return report.clean ? 0 : 1
  }
}
