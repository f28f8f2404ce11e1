#!/usr/bin/env bash
# The whole road on real careers (NLSY97) with the embedded model, from the repository's root after `make setup models`:
#
#   benchmarks/nlsy97/road.sh DATA OUT
#
# DATA holds nlsy97/person_years.csv.gz, crosswalks/ and onet-29.3/. One server at a time, two cores, no GPU.
set -euo pipefail
data=$(realpath "$1") out=$2 people=${PEOPLE:-48} attempts=${ATTEMPTS:-4} test=${TEST:-50} port=${PORT:-8017}
prep=$PWD/.venv/bin/prep nextocc=$PWD/.venv/bin/nextocc train=$PWD/.venv-train/bin vllm=$PWD/.venv-vllm/bin
export NEXTOCC_ONET=$data/onet-29.3
mkdir -p "$out/models" && [ -e "$out/models/SmolLM2-135M-Instruct" ] || ln -s "$PWD/models/SmolLM2-135M-Instruct" "$out/models/"
cd "$out"

$nextocc recipes copy -q .
$prep ingest "$data/nlsy97/person_years.csv.gz" --format nlsy97 --crosswalks "$data/crosswalks" -o data/careers.jsonl
$prep split data/careers.jsonl --test-size 1000 -o data
head -n "$test" data/test.jsonl > data/test_some.jsonl

"$vllm/nextocc" embedded serve --port "$port" > server.log 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
until curl -fs "http://127.0.0.1:$port/health" > /dev/null; do sleep 1; kill -0 $server; done
url=http://127.0.0.1:$port/v1
endpoint=(--model smollm2-135m --base-url "$url" --concurrency 32)
answers=(--answers taxonomy --max-reason-chars 400 --max-tokens 300)

time $prep oracle data/train.jsonl --limit "$people" --attempts "$attempts" --temperature 0.7 --min-reason-chars 40 "${endpoint[@]}" "${answers[@]}" -o runs/oracle
time $prep judge runs/oracle --max-justification-chars 150 --max-tokens 200 "${endpoint[@]}"
$prep build-sft runs/oracle -o data/llamafactory
$prep build-dpo runs/oracle -o data/llamafactory
time $nextocc predict data/test_some.jsonl --mode joint "${endpoint[@]}" "${answers[@]}" -o runs/eval/base
kill $server && wait $server 2>/dev/null || true

"$train/prep" lint llamafactory_configs/smollm2_135m_cpu/*_sft.yaml > lint.txt
time PATH="$train:$PATH" "$train/llamafactory-cli" train llamafactory_configs/smollm2_135m_cpu/joint_sft.yaml max_steps="${STEPS:-1}" > train.log 2>&1
time "$vllm/nextocc" predict data/test_some.jsonl --mode joint --model saves/smollm2_135m_cpu/joint_sft "${answers[@]}" -o runs/eval/joint_sft
for run in base joint_sft; do $nextocc score runs/eval/$run --test data/test_some.jsonl; done
