import { Alert, Input, type InputRef, Modal } from "antd";
import { useRef, useState } from "react";
import { Link, useNavigate } from "react-router";
import { soughtIn } from "../../api/sought";
import { useFind } from "../../api/useFind";
import type { Found } from "../../api/types";
import { useGround } from "../../api/useGround";
import { useTaxonomy } from "../../api/useTaxonomy";
import { useSpeech } from "../../i18n/language";
import { CategoryMark } from "../../parts/CategoryMark";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { StateTag } from "../../parts/StateTag";
import { useFocusBack } from "../../parts/useFocusBack";

const LONGEST = 500;

/** Goes straight to what has the number, lets choose where it is several, and says where it is nothing. */
export function FindDialog({ onDone }: { onDone: () => void }) {
  useFocusBack();
  const { t } = useSpeech();
  const navigate = useNavigate();
  const [words, setWords] = useState("");
  const [unread, setUnread] = useState(false);
  const field = useRef<InputRef>(null);
  const finding = useFind();
  const found = typeof finding.data === "string" ? [] : (finding.data ?? []);
  const number = finding.variables !== undefined && "number" in finding.variables ? finding.variables.number : "";

  const find = () => {
    const sought = soughtIn(words);
    setUnread(sought === null);
    if (sought === null) return finding.reset();
    finding.mutate(sought, {
      onSuccess: (to) => {
        if (typeof to !== "string") return;
        onDone();
        void navigate(to);
      },
    });
  };
  return (
    <Modal
      open
      title={t("find.title")}
      okText={t("find.go")}
      cancelText={t("reason.cancel")}
      okButtonProps={{ disabled: words.trim() === "", loading: finding.isPending }}
      onOk={find}
      onCancel={onDone}
      afterOpenChange={(opened) => opened && field.current?.focus()}
      destroyOnHidden
      width={440}
    >
      <form
        className="find-form"
        onSubmit={(submit) => {
          submit.preventDefault();
          if (words.trim() !== "" && !finding.isPending) find();
        }}
      >
        <Input
          ref={field} size="large" autoFocus autoComplete="off" inputMode="search" maxLength={LONGEST} aria-label={t("find.words")}
          placeholder={t("find.words")} value={words}
          onChange={(change) => {
            setWords(change.target.value);
            setUnread(false);
            finding.reset();
          }}
        />
        <div role="status">
          {unread && <Alert type="warning" showIcon title={t("find.unread")} />}
          {finding.isSuccess && typeof finding.data !== "string" && (
            found.length === 0 ? <Alert type="info" showIcon title={t("find.none")} /> : <p>{t("find.several")}</p>
          )}
          {finding.error !== null && <ProblemNotice error={finding.error} />}
        </div>
        {found.length > 0 && <ul className="find-list">{found.map((one) => <li key={one.kind}><FoundLink one={one} number={number} onFollow={onDone} /></li>)}</ul>}
      </form>
    </Modal>
  );
}

function FoundLink({ one, number, onFollow }: { one: Found; number: number | ""; onFollow: () => void }) {
  const { t } = useSpeech();
  const { nameOf } = useTaxonomy();
  const { gridName } = useGround();
  return (
    <Link to={`/cases/${one.case_id}`} onClick={onFollow}>
      <b>{t(one.kind === "case" ? "find.case" : "find.order", { number, case: one.case_number })}</b>
      <StateTag state={one.state} closeReason={one.close_reason} />
      <span><CategoryMark category={one.category} size={16} /> {nameOf(one.category)} · {one.grid_id === null ? t("grid.none") : gridName(one.grid_id)}</span>
    </Link>
  );
}
