import { CameraOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Alert, Button, type InputRef, Radio } from "antd";
import { useMemo, useRef, useState } from "react";
import { newId, newToken } from "../../api/newId";
import { inTheWay, Problem } from "../../api/problem";
import { useReportable } from "../../api/useReport";
import { useSpeech } from "../../i18n/language";
import { phoneToSend, sendReport } from "../../outbox/sendReport";
import { type Change, NOBODY, type UnsentReport } from "../../outbox/shelf";
import { useOutboxOf } from "../../outbox/useOutbox";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { usePreview } from "../../parts/usePreview";
import { whereAmI } from "../../parts/whereAmI";
import { ReportKept } from "./ReportKept";
import { ReportPhone } from "./ReportPhone";
import { ReportPlace } from "./ReportPlace";

interface Props {
  person_id: string;
  /** What this person began before. */
  begun: UnsentReport | null;
  /** Called once it is kept to be sent, or sent where the phone cannot keep it. */
  done: (token: string) => void;
}

/**
 * The photo first, then what it is and where. The place is asked for once the photo is taken, not before; and from then on all
 * that is filled in is kept on the phone. What the phone cannot keep is sent from the page.
 */
export function ReportForm({ person_id, begun, done }: Props) {
  const { t, either, language } = useSpeech();
  const reportable = useReportable();
  const { keep, amend } = useOutboxOf(person_id);
  const camera = useRef<HTMLInputElement>(null);
  const [one, setOne] = useState(begun);
  const [unkept, setUnkept] = useState(false);
  const [locating, setLocating] = useState(false);
  const [wrongPhone, setWrongPhone] = useState(false);
  const phoneField = useRef<InputRef>(null);
  const preview = usePreview(useMemo(() => one && new Blob([one.photo], { type: one.media_type }), [one?.photo]));
  const sending = useMutation({ mutationFn: sendReport, onSuccess: ({ token }) => done(token) });

  const change = (id: string, changed: Change) => {
    setOne((known) => (known?.id === id ? { ...known, ...changed } : known));
    void amend({ id, ...changed }).catch(console.warn);
  };
  const locate = async (id: string, age_ms?: number) => {
    setLocating(true);
    change(id, { place: await whereAmI(age_ms) });
    setLocating(false);
  };
  const receive = async (file: File) => {
    const shown = { photo: await file.arrayBuffer(), media_type: file.type, taken_at: new Date(file.lastModified).toISOString() };
    const taken = { ...(one ?? blank(person_id, language)), ...shown, draft: true, refused: null };
    setOne(taken);
    // Already now, while the photo is being kept: it would be sent without its place.
    if (one === null) setLocating(true);
    setUnkept(!(await keep(taken).then(() => true, () => false)));
    if (one === null) void locate(taken.id);
  };
  const send = async (ready: UnsentReport) => {
    try {
      await keep(ready);
    } catch {
      setUnkept(true);
      sending.mutate(ready);
      return;
    }
    done(ready.token);
  };

  return (
    <form
      className="report-form"
      onSubmit={(submit) => {
        submit.preventDefault();
        if (one === null || one.category === null) return;
        const wrong = phoneToSend(one.phone) === null;
        setWrongPhone(wrong);
        if (wrong) phoneField.current?.focus();
        else void send({ ...one, draft: false, refused: null, language });
      }}
    >
      {one !== null && one.refused !== null && <ProblemNotice error={new Problem(one.refused.status, one.refused.code, one.refused.message)} />}
      {one !== null && !unkept && <ReportKept one={one} dropped={() => setOne(null)} />}
      <section className="card" aria-labelledby="report-photo">
        <h2 id="report-photo">{t("report.photo")}</h2>
        {preview !== null && <img className="report-preview" src={preview} alt={t("report.preview")} />}
        <input
          ref={camera} type="file" accept="image/*" capture="environment" hidden aria-label={t("report.take")}
          onChange={(chosen) => {
            const [file] = chosen.target.files ?? [];
            if (file !== undefined) void receive(file);
            chosen.target.value = "";
          }}
        />
        <Button block size="large" type={one === null ? "primary" : "default"} icon={<CameraOutlined />} onClick={() => camera.current?.click()}>
          {t(one === null ? "report.take" : "report.again")}
        </Button>
        <p className="report-note">{t("report.privacy")}</p>
      </section>
      {one !== null && (
        <>
          <section className="card" aria-labelledby="report-what">
            <h2 id="report-what">{t("report.what")}</h2>
            {inTheWay(reportable) !== null && <ProblemNotice error={reportable.error} again={() => void reportable.refetch()} />}
            <Radio.Group
              className="report-what" aria-labelledby="report-what" value={one.category}
              onChange={(chosen) => change(one.id, { category: String(chosen.target.value) })}
              options={(reportable.data?.items ?? []).map(({ key, zh, en }) => ({ value: key, label: either(zh, en) }))}
            />
          </section>
          <ReportPlace
            phone={locating ? undefined : one.place} pinned={one.pinned} doubted={one.refused !== null} pin={(pinned) => change(one.id, { pinned })}
            askPhone={() => {
              change(one.id, { pinned: null });
              // What the phone knew before is what is asked anew.
              void locate(one.id, 0);
            }}
          />
          {person_id === NOBODY && (
            <ReportPhone
              ref={phoneField} written={one.phone} wrong={wrongPhone}
              write={(phone) => {
                change(one.id, { phone });
                setWrongPhone(false);
              }}
            />
          )}
          {sending.error !== null && <ProblemNotice error={sending.error} />}
          {unkept && <Alert type="warning" showIcon title={t("unsent.no_room")} />}
          {one.category === null && <Alert type="info" showIcon title={t("report.choose")} />}
          <Button
            block size="large" type="primary" htmlType="submit" loading={sending.isPending}
            disabled={one.category === null || (locating && one.pinned === null)}
          >
            {t("report.send")}
          </Button>
        </>
      )}
    </form>
  );
}

function blank(person_id: string, language: UnsentReport["language"]) {
  return { id: newId(), token: newToken(), person_id, category: null, place: null, pinned: null, phone: "", language };
}
