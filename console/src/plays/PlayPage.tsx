/** One play, new or known: its rules, publishing with what the gates found, what shoppers did with it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Input, Modal, Popconfirm, Segmented } from "antd";
import { useEffect, useState } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { type PlayView, publishPlay, putPlay, readPlay, signPlayOff, withdrawPlay } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { Field } from "../offers/BenefitForm";
import { Gates } from "../offers/Gates";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { Failed, Loading, Page } from "../ui/Page";
import { problemText } from "../ui/problem";
import { Assists } from "./Assists";
import { Bargains } from "./Bargains";
import { CheckIns } from "./CheckIns";
import { Contests } from "./Contests";
import { Groups } from "./Groups";
import { Lotteries } from "./Lotteries";
import { PlayForm } from "./PlayForm";
import { type Kind, kinds, playPath, rulesText, stateOf, template } from "./plays";
import { QuizAttempts } from "./QuizAttempts";
import { TaskRuns } from "./TaskRuns";
import { Votes } from "./Votes";
import "../people/people.css";
import "../segments/segments.css";
import "../offers/offers.css";

export default function PlayPage() {
  const { id = "" } = useParams();
  const { t } = useI18n();
  const place = usePlace();
  const play = useQuery({ queryKey: ["plays", "one", id], queryFn: () => readPlay(id) });
  if (play.isPending)
    return (
      <Page title={t("nav.plays")}>
        <Loading />
      </Page>
    );
  if (play.isError)
    return (
      <Page title={t("nav.plays")}>
        <Failed error={play.error} retry={() => play.refetch()} />
      </Page>
    );
  return <Shown key={id} play={play.data} place={place} />;
}

function Shown({ play, place }: { play: PlayView; place: Place }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const mayChange = useMay("operator");
  const [terms, setTerms] = useState(play.terms);
  // Somebody else may have saved a version meanwhile, or this was just saved.
  useEffect(() => setTerms(play.terms), [play.terms]);
  const { state, tone } = stateOf(play);
  const save = useMutation({
    mutationFn: () => putPlay(play.play_id, terms),
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ["plays"] });
      message.success(t("offers.saved", { version: saved.version }));
    },
  });
  return (
    <Page
      title={play.terms.name}
      about={
        <>
          <span className={`pill ${tone}`}>{t(`offers.state.${state}`)}</span> {rulesText(play.terms, place, t)}{" "}
          <span className="mono">{play.play_id}</span>
        </>
      }
      tools={mayChange && <Publishing play={play} place={place} />}
    >
      <div className="stack">
        {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
        {mayChange && (
          <>
            <PlayForm terms={terms} currency={place.currency ?? "CNY"} onChange={setTerms} />
            <div className="people-bar save-bar">
              <span className="faint">{t("plays.saveAbout")}</span>
              <Button
                type="primary"
                disabled={JSON.stringify(terms) === JSON.stringify(play.terms)}
                loading={save.isPending}
                onClick={() => save.mutate()}
              >
                {t("offers.saveVersion")}
              </Button>
            </div>
          </>
        )}
        <Runs play={play} place={place} />
      </div>
    </Page>
  );
}

/** What shoppers did with it. */
function Runs({ play, place }: { play: PlayView; place: Place }) {
  const { t } = useI18n();
  const { rules } = play.terms;
  const { kind } = rules;
  if (kind === "referral") return null;
  const about = { play: play.play_id, inFlight: false, place };
  return (
    <>
      <h2>{t(`plays.runs.${kind}`)}</h2>
      {kind === "group_buy" && <Groups {...about} />}
      {kind === "bargain" && <Bargains {...about} />}
      {kind === "assist" && <Assists {...about} />}
      {kind === "lottery" && <Lotteries {...about} />}
      {kind === "check_in" && <CheckIns play={play.play_id} place={place} />}
      {kind === "tasks" && <TaskRuns play={play.play_id} place={place} />}
      {kind === "quiz" && <QuizAttempts play={play.play_id} place={place} />}
      {kind === "contest" && <Contests play={play.play_id} place={place} />}
      {rules.kind === "vote" && <Votes play={play.play_id} entered={rules.entries != null} place={place} />}
    </>
  );
}

function Publishing({ play, place }: { play: PlayView; place: Place }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: ["plays"] });
  const publish = useMutation({ mutationFn: () => publishPlay(play.play_id), onSuccess: renew });
  const withdraw = useMutation({
    mutationFn: () => withdrawPlay(play.play_id),
    onSuccess: renew,
    onError: (error) => message.error(problemText(error, t)),
  });
  return (
    <>
      {play.published_version != null && (
        <Popconfirm title={t("plays.withdrawTitle")} onConfirm={() => withdraw.mutate()}>
          <Button loading={withdraw.isPending}>{t("offers.withdraw")}</Button>
        </Popconfirm>
      )}
      {play.terms.rules.kind === "referral" && play.terms.rules.levels.length === 2 && <SignOff play={play} />}
      {play.published_version !== play.version && (
        <Button type="primary" loading={publish.isPending} onClick={() => publish.mutate()}>
          {t("offers.publish", { version: play.version })}
        </Button>
      )}
      <Modal
        open={publish.isSuccess || publish.isError}
        title={publish.isError ? t("offers.refused") : t("offers.published")}
        onOk={() => publish.reset()}
        onCancel={() => publish.reset()}
        okText={t("offers.seen")}
        cancelButtonProps={{ style: { display: "none" } }}
      >
        {publish.isError && <Alert type="error" showIcon title={problemText(publish.error, t)} />}
        {publish.data !== undefined && <Gates gates={publish.data.gates} place={place} />}
      </Modal>
    </>
  );
}

/** An owner's word on the latest version. */
function SignOff({ play }: { play: PlayView }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const mayDecide = useMay("owner");
  const [open, setOpen] = useState(false);
  const [statement, setStatement] = useState("");
  const sign = useMutation({
    mutationFn: () => signPlayOff(play.play_id, statement),
    onSuccess: () => {
      setOpen(false);
      message.success(t("plays.signed"));
    },
  });
  if (!mayDecide || play.published_version === play.version) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("plays.signOff")}</Button>
      <Modal
        open={open}
        title={t("plays.signOff")}
        okText={t("plays.signOff")}
        okButtonProps={{ disabled: statement.trim() === "", loading: sign.isPending }}
        onOk={() => sign.mutate()}
        onCancel={() => setOpen(false)}
      >
        {sign.isError && <Alert type="error" showIcon title={problemText(sign.error, t)} />}
        <p>{t("plays.signOffAbout")}</p>
        <Input.TextArea
          aria-label={t("plays.statement")}
          placeholder={t("plays.statement")}
          value={statement}
          onChange={(typed) => setStatement(typed.target.value)}
        />
      </Modal>
    </>
  );
}

/** A new play, from the template of its kind. */
export function NewPlay() {
  const { t } = useI18n();
  const place = usePlace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [id, setId] = useState("");
  const [search] = useSearchParams();
  const begun = (kind: Kind) => template(kind, t(`plays.template.${kind}`));
  const [terms, setTerms] = useState(() => begun(kinds.find((kind) => kind === search.get("kind")) ?? "group_buy"));
  const { kind } = terms.rules;
  const save = useMutation({
    mutationFn: () => putPlay(id, terms),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["plays"] });
      navigate(playPath(id));
    },
  });
  return (
    <Page
      title={t("plays.create")}
      about={t(`plays.createAbout.${kind}`)}
      tools={
        <Button type="primary" loading={save.isPending} disabled={id === ""} onClick={() => save.mutate()}>
          {t("form.save")}
        </Button>
      }
    >
      <div className="stack">
        {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
        <div className="fields">
          <Field label={t("plays.kind")}>
            <Segmented
              aria-label={t("plays.kind")}
              value={kind}
              options={kinds.map((one) => ({ value: one, label: t(`plays.kind.${one}`) }))}
              onChange={(chosen) => setTerms(begun(chosen))}
            />
          </Field>
          <Field label={t("offers.id")}>
            <Input
              aria-label={t("offers.id")}
              className="mono"
              value={id}
              onChange={(typed) => setId(typed.target.value.trim())}
            />
          </Field>
        </div>
        <PlayForm terms={terms} currency={place.currency ?? "CNY"} onChange={setTerms} />
      </div>
    </Page>
  );
}
