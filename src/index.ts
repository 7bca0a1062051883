/**
 * The public API of the core, and the entry of the bundle for browsers. docs/api.md shows it at work.
 *
 * Nothing here needs Node: text comes in, values and bytes go out.
 */

// Words for people.
export { formatIpv4, type Ipv4, parseIpv4 } from './base/address.ts'
// What a run tells.
export { DROP_REASONS, type DropReason } from './base/drop.ts'
export type { Field } from './base/field.ts'
export { type Duration, formatDuration, formatTime, parseDuration, type SimTime } from './base/time.ts'
export { EVENTS, type EventFields, type EventName, type TraceEvent } from './base/trace.ts'
// What goes wrong, and why.
export { examine, type Finding } from './diagnose/doctor/doctor.ts'
export { cureOf, findingFor, type Trial, trialsOf } from './diagnose/doctor/trials.ts'
export { DoctorWatch } from './diagnose/doctor/watch.ts'
export {
  natZoo,
  ZOO_FATES,
  ZOO_REASONS,
  type ZooCause,
  type ZooCell,
  type ZooFate,
  type ZooReason,
  type ZooTunnel,
  zooCell,
} from './diagnose/nat-zoo.ts'
export { ZOO_CASES, type ZooCase, zooLab, zooName } from './diagnose/nat-zoo-lab.ts'
export {
  type Asked,
  dueQuestion,
  explanation,
  type Guess,
  type Guesses,
  isTouched,
  latestOf,
  nextQuestion,
  type Outcome,
  outcomeOf,
  questionsOf,
  runUpTo,
  SURENESS,
  type Sureness,
  summaryOf,
  surely,
  verdictWords,
} from './lab/ask.ts'
export { BOX_KINDS, type Box, type BoxConnection, type BoxRule, boxNames, boxOf } from './lab/boxes.ts'
// From a lab to the result of its run.
export { type Breakpoint, type ReadBreakpoint, readBreakpoint } from './lab/breakpoint.ts'
export { build, type Simulation } from './lab/build.ts'
export { type LabSource, lab, labText } from './lab/builder.ts'
export { captureName, hostNames, LinkCapture } from './lab/capture.ts'
export { Course, INTERESTING_EVENTS, type Landmark, PACKET_EVENTS, type Stop } from './lab/course.ts'
export { renderIssue, renderIssues } from './lab/diagnostic.ts'
export { type Difference, type DifferenceRow, difference, earliest } from './lab/difference.ts'
export type { Standing, Verdict } from './lab/expect.ts'
export { fingerprintOf } from './lab/fingerprint.ts'
export { type Heard, hearingSentence } from './lab/hearing.ts'
export type { Action, Check, Issue, Lab, LinkSpec, NodeSpec, Question, ServiceSpec, Verb } from './lab/lab.ts'
export { type CallLedger, type Computed, type FrameTotals, Ledger } from './lab/ledger.ts'
export { type LabText, type Loaded, loadLab as load, loadWith, type Override, type ReadFile } from './lab/load.ts'
export { type MachineTable, machineTableOf } from './lab/machine-tables.ts'
export { nearest } from './lab/nearest.ts'
export {
  type Flight,
  type Hop,
  type Journey,
  type Loss,
  type MachineRecord,
  type PacketRecord,
  Recorder,
  type RecorderLimits,
  type TrafficSecond,
  type Visit,
} from './lab/recorder.ts'
export { Rewinder, type Rewinding } from './lab/rewinder.ts'
export { type Input, type Moment, Run, type RunOptions, type RunResult, run } from './lab/run.ts'
export {
  type RecordedAction,
  type RecordedRun,
  readRunFile,
  runFileAction,
  runFileEnd,
  runFileHeader,
  runFileInput,
} from './lab/run-file.ts'
export { type Saved, savedLab } from './lab/save.ts'
export {
  type Mark,
  type Scene,
  type SceneEnd,
  type SceneLayer,
  type SceneLink,
  type SceneNode,
  type SceneTunnel,
  sceneOf,
  type TunnelKind,
} from './lab/scene.ts'
export type { SceneSignal } from './lab/scene-signals.ts'
export { type Snapshot, type SnapshotValue, snapshot, valueAt } from './lab/snapshot.ts'
export { describeAction, fitsVerb, usersOf, VERB_WORDS, type VerbWords } from './lab/verb-words.ts'
export { type WatchedLink, watchLinks } from './lab/watch-links.ts'
export { pathBetween } from './lab/way.ts'
export type { FrameKind, Layer, Weight } from './lab/weigh.ts'
export { type DropEvent, type RewriteEvent, type Rewriting, rewritingOf, type Why, whyOf } from './lab/why.ts'
export { asciiCells } from './view/ascii.ts'
export { type FailedTunnel, FailureWatch, failureLines } from './view/failed.ts'
export { Fold } from './view/fold.ts'
export {
  type Explanation,
  explainCheck,
  explainDrop,
  explainEvent,
  explainField,
  explainKind,
  explainMessage,
  explainState,
  explainWord,
} from './view/glossary.ts'
export { WORDS } from './view/glossary-words.ts'
export { columnsOf, foldChains, foldHosts, type Graph, type GraphLink, type GraphNode } from './view/graph.ts'
export { graphText } from './view/graph-text.ts'
export { DOWN, LEFT, lineChar, RIGHT, UP } from './view/joints.ts'
export { LADDER_LAYERS, LAYER_GROUPS, type Ladder, type LadderLayer, type LadderRow } from './view/ladder.ts'
export { type DecodedCapture, ladderOfCapture } from './view/ladder-capture.ts'
export { rowFacts } from './view/ladder-facts.ts'
export {
  chosenRows,
  foldRows,
  type LadderChoice,
  type LadderItem,
  layersNamed,
  numberOf,
  rowsOf,
} from './view/ladder-fold.ts'
export { ladderHtml } from './view/ladder-html.ts'
export { ladderMermaid } from './view/ladder-mermaid.ts'
export { RunLadder } from './view/ladder-run.ts'
export { ladderSvg } from './view/ladder-svg.ts'
export { headLines, itemLine, ladderText, textFrame } from './view/ladder-text.ts'
export { mainForm } from './view/ladder-way.ts'
export {
  type Drawing,
  drawingFor,
  type Extent,
  type Form,
  type LinkCell,
  type PlacedNode,
  type Rect,
  type WidthOf,
} from './view/layout.ts'
export { ledgerTable } from './view/ledger.ts'
export { logMeaning } from './view/log-meaning.ts'
export { graphMermaid } from './view/mermaid.ts'
export { zooHtml, zooSvg } from './view/nat-zoo-picture.ts'
export { zooTable } from './view/nat-zoo-table.ts'
export {
  clearOf,
  type Dissection,
  dissectionOf,
  fieldAt,
  LINK_TYPES,
  type LinkTypeOf,
  layersOf,
  type PacketLayer,
} from './view/packet-layers.ts'
export { layerWords, packetWords, signalWords, type What, type WordRole } from './view/packet-words.ts'
export { type LogLine, type LogProgram, PeerLog } from './view/peer-log.ts'
export { bitRate, milliseconds, percent } from './view/quality.ts'
export { type QuickWords, quickWords } from './view/quick-words.ts'
export { lineOf, namesOf, networksOf, Story, type StoryLine, type StoryOptions } from './view/story.ts'
export { graphSvg } from './view/svg.ts'
export { dissect } from './wire/dissect.ts'
export { endpoints, oneLine } from './wire/one-line.ts'
