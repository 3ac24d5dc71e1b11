/** The SQL editor: CodeMirror with the schema's names for completion. Holds its own text; tells its owner of changes. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { PostgreSQL, SQLDialect, sql } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";
import type { SqlSchema } from "../api/types";
import type { Position } from "./position";

export interface EditorHandle {
  /** Replaces the whole text. */
  write: (text: string) => void;
  /** Puts text where the cursor is. */
  insert: (text: string) => void;
  /** Marks where the program found the mistake; `null` takes the mark away. */
  mark: (position: Position | null) => void;
}

interface Props {
  ref: Ref<EditorHandle>;
  initial: string;
  label: string;
  schema: SqlSchema | undefined;
  onChange: (text: string) => void;
  onRun: () => void;
}

const names = new Set([
  "event",
  "count",
  "name",
  "min",
  "max",
  "sum",
  "avg",
  "source",
  "context",
  "kind",
  "session",
  "user",
]);

export function Editor({ ref, initial, label, schema, onChange, onRun }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const language = useRef(new Compartment());
  const begin = useRef({ initial, label });
  const latest = useRef({ onChange, onRun });
  useEffect(() => {
    latest.current = { onChange, onRun };
  });

  useEffect(() => {
    if (holder.current === null) return;
    const ask = (editor: EditorView) => {
      closeCompletion(editor);
      latest.current.onRun();
      return true;
    };
    const editor = new EditorView({
      parent: holder.current,
      state: EditorState.create({
        doc: begin.current.initial,
        extensions: [
          Prec.highest(keymap.of([{ key: "Mod-Enter", run: ask }])),
          lineNumbers(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false }),
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": begin.current.label }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
          language.current.of(sql({ dialect })),
          syntaxHighlighting(colours),
          mistakeField,
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    if (schema === undefined) return;
    const tables = Object.fromEntries(
      schema.tables.map((table) => [table.name, table.columns.map((column) => column.name)]),
    );
    view.current?.dispatch({
      effects: language.current.reconfigure(sql({ dialect, schema: tables, upperCaseKeywords: true })),
    });
  }, [schema]);

  useImperativeHandle(ref, () => ({
    write: (text) => {
      const editor = view.current;
      editor?.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
      editor?.focus();
    },
    insert: (text) => {
      const editor = view.current;
      if (editor === null) return;
      editor.dispatch(editor.state.replaceSelection(text));
      editor.focus();
    },
    mark: (position) => view.current?.dispatch({ effects: mistake.of(position) }),
  }));

  return <div ref={holder} className="editor" />;
}

/** PostgreSQL, which the program speaks nearly, without the keywords that are names here. */
const dialect = SQLDialect.define({
  ...PostgreSQL.spec,
  keywords: (PostgreSQL.spec.keywords ?? "")
    .split(" ")
    .filter((word) => !names.has(word))
    .join(" "),
});

const mistake = StateEffect.define<Position | null>();

/** The mistake's mark goes as soon as the text changes. */
const mistakeField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(mistake)) return effect.value === null ? Decoration.none : markAt(transaction.state, effect.value);
    }
    return transaction.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function markAt(state: EditorState, { line, column }: Position): DecorationSet {
  if (line < 1 || line > state.doc.lines) return Decoration.none;
  const text = state.doc.line(line);
  const from = Math.min(text.from + Math.max(0, column - 1), text.to);
  const word = state.wordAt(from);
  const to = Math.max(word?.to ?? 0, Math.min(from + 1, text.to));
  const lineMark = Decoration.line({ class: "mistake-line" }).range(text.from);
  return Decoration.set(from < to ? [lineMark, Decoration.mark({ class: "mistake" }).range(from, to)] : [lineMark]);
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--vine)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--apricot)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--plum)" },
  { tag: [tags.comment], color: "var(--text-faint)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.standard(tags.name)], color: "var(--sky)" },
]);
