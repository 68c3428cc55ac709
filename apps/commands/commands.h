/// All commands, in the order of the program's help.
#pragma once

#include "apps/command.h"

namespace weir {

void add_study(Command& weir);
void add_attack(Command& weir);
void add_transfer(Command& weir);
void add_trace(Command& weir);
void add_lesson_page(Command& weir);
void add_explain(Command& weir);
void add_flow(Command& weir);
void add_train(Command& weir);
void add_compress(Command& weir);
void add_distill(Command& weir);
void add_eval(Command& weir);
void add_predict(Command& weir);
void add_gradient(Command& weir);
void add_models(Command& weir);
void add_bench(Command& weir);
void add_data(Command& weir);
void add_verify(Command& weir);
void add_report(Command& weir);
void add_compare(Command& weir);
void add_doctor(Command& weir);

}  // namespace weir
