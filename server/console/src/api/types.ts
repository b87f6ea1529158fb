import type { components } from "./schema";

type Schemas = components["schemas"];

export type CaseSummary = Schemas["CaseSummary"];
export type CaseDetail = Schemas["CaseDetail"];
export type Observation = Schemas["ObservationOut"];
export type Found = Schemas["Found"];
export type CaseNumber = Schemas["CaseNumberOut"];
export type HistoryLine = Schemas["HistoryLine"];
export type PictureRef = Schemas["PictureOut"];
export type AfterPhoto = Schemas["AfterPhotoOut"];
export type WorkOrder = Schemas["WorkOrderOut"];
export type Heir = Schemas["Heir"];
export type WorkOrders = Schemas["WorkOrders"];
export type State = Schemas["State"];
export type Event = Schemas["Event"];
export type Finding = Schemas["Finding"];
export type Mend = Schemas["MendOut"];
export type NearCase = Schemas["NearCase"];
export type Figures = Schemas["FiguresOut"];
export type Tally = Schemas["TallyOut"];
export type Assessment = Schemas["AssessmentOut"];
export type Week = Schemas["WeekOut"];
export type CrewShare = Schemas["CrewShareOut"];
export type Followed = Schemas["ReportOut"];
export type Reported = Schemas["ReportedOut"];
