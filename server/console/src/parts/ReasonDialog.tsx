import { Input, Modal, Radio } from "antd";
import { useRef, useState } from "react";
import { useSpeech } from "../i18n/language";
import { ProblemNotice } from "./ProblemNotice";
import { useDraft } from "./useDraft";
import { useFocusBack } from "./useFocusBack";

const OTHER = "other";
const LONGEST = 500;

interface Props {
  title: string;
  /** What the reason is for: a step and its case. Own words are kept under it until they are given. */
  about: string;
  confirm: string;
  /** The usual reasons, in the words that go into the history. */
  usual: readonly string[];
  busy: boolean;
  error: unknown;
  /** The words, and which of the usual reasons they are: -1 for one's own. Rejects where the step was not taken. */
  onReason: (reason: string, place: number) => Promise<unknown>;
  onCancel: () => void;
}

/** Asks for a reason: one of the usual ones, or one's own words. */
export function ReasonDialog({ title, about, confirm, usual, busy, error, onReason, onCancel }: Props) {
  useFocusBack();
  const { t } = useSpeech();
  const [words, setWords] = useDraft(about);
  const [picked, setPicked] = useState(words === "" ? (usual[0] ?? OTHER) : OTHER);
  const form = useRef<HTMLFormElement>(null);
  const reason = picked === OTHER ? words.trim() : picked;
  const give = () =>
    void onReason(reason, usual.indexOf(picked)).then(
      () => setWords(""),
      () => undefined, // `error` tells it, and the words stay
    );

  return (
    <Modal
      open
      title={title}
      okText={confirm}
      cancelText={t("reason.cancel")}
      okButtonProps={{ disabled: reason === "", loading: busy }}
      onOk={give}
      onCancel={onCancel}
      afterOpenChange={(opened) => opened && form.current?.querySelector<HTMLInputElement>("input:checked")?.focus()}
      destroyOnHidden
      width={440}
    >
      <form
        ref={form}
        className="reasons"
        onSubmit={(submit) => {
          submit.preventDefault();
          if (reason !== "" && !busy) give();
        }}
        onKeyDown={(press) => {
          const chosen = usual[Number(press.key) - 1];
          const typing = press.target instanceof HTMLTextAreaElement;
          if (chosen !== undefined && !typing) setPicked(chosen);
          if (press.key === "Enter" && (!typing || press.ctrlKey || press.metaKey)) press.currentTarget.requestSubmit();
        }}
      >
        <Radio.Group aria-label={t("reason.label")} value={picked} onChange={(change) => setPicked(String(change.target.value))}>
          {usual.map((one, index) => (
            <Radio key={one} value={one}>{one}<kbd aria-hidden="true">{index + 1}</kbd></Radio>
          ))}
          <Radio value={OTHER}>{t("reason.other")}</Radio>
        </Radio.Group>
        {picked === OTHER && (
          <Input.TextArea
            aria-label={t("reason.words")} placeholder={t("reason.words")} autoFocus rows={3}
            maxLength={LONGEST} value={words} onChange={(change) => setWords(change.target.value)}
          />
        )}
        {error !== null && <ProblemNotice error={error} />}
      </form>
    </Modal>
  );
}
