export interface ExerciseOut {
  id: string;
  title: string;
  text: string;
  asset_ids: string[];
  checks: string[];
  created: number;
}

export interface HandIn {
  id: string;
  student: string;
  job_id: string | null;
  answer: string;
  ticked: number[];
  state: string;
  remark: string;
}
