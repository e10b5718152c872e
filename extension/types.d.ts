// The shapes that cross a border: the server's JSON, what the background keeps for a tab, and the messages.

// ---- the server (contract: spinmark.report/1) ----

type Voice = "author" | "quoted" | "reported";
type Group = "attack" | "justification" | "simplification" | "distraction" | "call" | "wording";

interface Flag {
  start: number;
  end: number;
  start_utf16: number;
  end_utf16: number;
  text: string;
  technique: string;
  group: Group;
  confidence: number;
  attribution: {
    voice: Voice;
    speaker: string | null;
    speaker_start: number | null;
    speaker_end: number | null;
  };
  contested: boolean;
  contested_by: { start: number; end: number } | null;
}

interface Report {
  schema: "spinmark.report/1";
  id: string | null;
  model: Model;
  language: string | null;
  status: "ok" | "unsupported_language" | "too_short" | "truncated";
  text_length: number;
  flags: Flag[];
  summary: {
    flags: number;
    by_technique: Record<string, number>;
    by_voice: Record<Voice, number>;
    flagged_fraction: number;
  };
}

interface Model {
  name: string;
  version: string;
  sha256: string;
}

interface Technique {
  id: string;
  name: string;
  group: Group;
  definition: string;
  effect: string;
  question: string;
  legitimate: string;
  examples: string[];
  names: Record<string, string>;
}

// ---- why there is no report ----

/** Said by the server, or by its silence. */
type ServerFailure =
  | { kind: "permission" } // the browser does not let us reach 127.0.0.1
  | { kind: "down" }
  | { kind: "slow" }
  | { kind: "foreign" } // something answers at the address that is not Spinmark
  | { kind: "token" } // none is set
  | { kind: "wrongToken" }
  | { kind: "tooOld"; version: string | null }
  | { kind: "tooNew"; version: string | null }
  | { kind: "refused"; detail: string }
  | { kind: "tooLong"; length: number | null; maxChars: number | null }
  | { kind: "busy"; retryAfterS: number | null }
  | { kind: "error"; detail: string };

/** Said by the page. */
type PageFailure =
  | { kind: "noSelection" }
  | { kind: "noArticle" }
  | { kind: "viewer" }
  | { kind: "restricted"; detail: string } // in the browser's own words
  | { kind: "unsettled" }; // it was left or redrawn while it was read

type Failure = ServerFailure | PageFailure;

// ---- what the background keeps for a tab, and the panel shows ----

/** What of a page is checked: what its reader selected, or its main text. */
type Part = "selection" | "article";

/** Where the checked text stands; only text of a page can be painted. */
type Source =
  | { where: "page" | "field"; frameId: number; part: Part; site: string; url: string }
  | { where: "viewer"; text: string };

interface Row {
  flag: Flag;
  /** `page`: painted; `list`: the source cannot be painted; `lost`: it could, but the passage was not found again. */
  placed: "page" | "list" | "lost";
  /** The passage that disputes the flagged one. */
  contestedBy: string | null;
  /** A few letters on either side, by which others find the passage again. */
  prefix: string;
  suffix: string;
}

/** How far a check has come whose passages arrive one by one. */
interface Progress {
  /** Passages until now. */
  found: number;
  /** The part of the text before the end of the last one, from 0 to 1. */
  reached: number;
}

type View = { run: string } & (
  | { kind: "checking"; source: Source | null; words: number; progress: Progress | null }
  | { kind: "failure"; source: Source | null; failure: Failure; port: number }
  | {
      kind: "result";
      source: Source;
      status: Report["status"];
      language: string | null;
      length: number;
      model: Model;
      summary: Report["summary"];
      rows: Row[];
      techniques: Record<string, Technique>;
    }
);

// ---- what a reader does not want to see ----

/** For as long as the browser runs. */
interface Filter {
  /** Whose words are left out. */
  hiddenVoices: Voice[];
  hiddenGroups: Group[];
  /** The id of the only technique to be listed; null lists all. */
  technique: string | null;
  minConfidence: number;
}

/** For good, until it is undone: one passage, a technique on a site, or a technique everywhere. */
interface Dismissal {
  technique: string;
  /** A host's name; null means everywhere. */
  site: string | null;
  /** The passage; null means all that resembles the technique. */
  text: string | null;
}

/** A flag that its reader found no help, kept on this machine alone. */
interface Judgement {
  technique: string;
  confidence: number;
  voice: Voice;
  /** Name and version. */
  model: string;
  quote: string;
  /** Of the page; "" where the text came from a viewer. */
  origin: string;
  /** ISO 8601, UTC. */
  time: string;
}

// ---- why flagged ----

/** Words that moved a confidence: up by a positive weight, down by a negative one. */
interface Cue {
  words: string;
  weight: number;
}

type Explained = { kind: "explained"; cues: Cue[] } | { kind: "gone" } | ServerFailure;

/** A confidence in words. */
type Sureness = "high" | "medium" | "low";

// ---- messages ----

type ToBackground =
  | { type: "check"; tabId: number; part: Part }
  | { type: "filter"; filter: Filter }
  | { type: "dismiss"; dismissal: Dismissal }
  | { type: "restore"; dismissal: Dismissal }
  | { type: "judge"; judgement: Judgement }
  | { type: "unjudge"; judgement: Judgement }
  | { type: "forgetJudgements" }
  | { type: "explain"; tabId: number; run: string; index: number }
  | { type: "techniques" }
  | { type: "retry"; tabId: number }
  | { type: "clear"; tabId: number }
  | { type: "cleared" } // from the page: its reader pressed Escape
  | Pointed
  | { type: "server" };

/** From the page to the panel: its reader points at a mark. */
type Pointed = { type: "pointed"; run: string; index: number };

type ServerState = ({ kind: "up"; model: Model } | ServerFailure) & { port: number };

interface Mark {
  start: number;
  end: number;
  quote: string;
  group: Group;
}

type ToPage =
  | { type: "collect"; run: string; part: Part; again: boolean }
  | { type: "paint"; run: string; from: number; marks: Mark[]; shown: number[] }
  | { type: "show"; run: string; shown: number[] }
  | { type: "emphasise"; run: string; index: number }
  | { type: "clear" }
  | { type: "text"; run: string }
  | { type: "alive"; run: string };

type Collected =
  | { text: string; where: "page" | "field"; part: Part; focused: boolean; site: string; url: string }
  | { where: "viewer" }
  | null;

interface Settings {
  port: number;
  /** On top of the threshold that each technique has in the model; 0 leaves it at that. */
  minConfidence: number;
  /** Sent as a bearer token when the server was started with `--token`. */
  token: string;
  /** Of the interface; "" follows the browser. */
  language: Language;
  palette: Palette;
  /** Of the marks, where `palette` is "own"; six hexadecimal digits each. */
  colours: Record<Group, string>;
}

/** How marks are coloured: so that any kind of colour vision tells them apart, darker, by lines alone, or as chosen. */
type Palette = "standard" | "strong" | "ink" | "own";

/** An entry of a file in _locales. */
interface Message {
  message: string;
  placeholders?: Record<string, { content: string }>;
}

type Language = "" | "en" | "fi";

// ---- the content scripts, which share one object and import nothing ----

/** A run of the text that stands, letter for letter but for kinds of white space, in one text node. */
interface Piece {
  node: Text;
  from: number;
  at: number;
  length: number;
  /** Nothing but white space stands between this piece and the one before it. */
  joined: boolean;
}

interface PageText {
  text: string;
  pieces: Piece[];
}

/** What a page holds of the text that was taken from it: where each letter stands, unless it is that of a field. */
type Held =
  | { where: "page"; page: PageText; part: Part }
  | { where: "field"; text: string; part: "selection" };

type Boundaries = Pick<AbstractRange, "startContainer" | "startOffset" | "endContainer" | "endOffset">;

declare var spinmark: {
  own?: <N extends Node | null>(node: N) => N;
  pageText?: (root: Node, selected: Boundaries | null, isLeftOut?: (element: Element) => boolean) => PageText | null;
  article?: (root: Element) => PageText | null;
  selected?: () => Held | null;
  selectedRanges?: (selection: Selection) => AbstractRange[];
  anchor?: (page: PageText, mark: Pick<Mark, "start" | "end" | "quote">) => Range[] | null;
  reads?: (ranges: Range[], quote: string) => boolean;
  findAgain?: (
    earlier: string,
    mark: Pick<Mark, "start" | "end" | "quote">,
    later: string,
  ) => Pick<Mark, "start" | "end" | "quote"> | null;
  paint?: (marks: ({ group: Group; ranges: Range[] } | null)[], current: number | null) => void;
};

interface Selection {
  getComposedRanges?(options: { shadowRoots: ShadowRoot[] }): StaticRange[];
}
