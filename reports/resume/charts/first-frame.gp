# Draw again with: gnuplot first-frame.gp
set encoding utf8
set terminal svg size 860,470 enhanced font 'DejaVu Sans,13' background '#ffffff'
set output 'first-frame.svg'
set datafile separator tab
set border 3 linecolor '#888888' linewidth 1
set tics nomirror out scale 0.6 textcolor '#333333'
set grid ytics linecolor '#dddddd' linewidth 0.8 linetype 1
set tmargin 4.4
set label 900 'Time until a returning replica has its first frame' at screen 0.02,0.9489 left noenhanced font 'DejaVu Sans Bold,15'
set label 901 'backlog of 1 MiB, 100 B values' at screen 0.02,0.8979 left noenhanced font ',11' textcolor '#555555'
set key noenhanced reverse Left bmargin left horizontal samplen 3.2 spacing 1.2 width 1 textcolor '#222222'
set yrange [*<0:*]
set xlabel "Records in the log\n " offset 0,0.4 noenhanced
set ylabel 'First frame, µs' noenhanced
set xtics ('10000' 0, '100000' 1, '1000000' 2, '10000000' 3)
set xrange [-0.3:3.3]
plot 'first-frame.tsv' index 3 using 1:($3/1.0) with lines linecolor '#0072B2' linewidth 2.2 dashtype 4 notitle, \
     'first-frame.tsv' index 3 using 1:($4/1.0):(0):(($5-$4)/1.0) with vectors nohead linecolor '#0072B2' linewidth 1.4 notitle, \
     'first-frame.tsv' index 3 using 1:($3/1.0) with points linecolor '#0072B2' linewidth 1.6 pointtype 6 pointsize 0.75 notitle, \
     'first-frame.tsv' index 2 using 1:($3/1.0) with lines linecolor '#0072B2' linewidth 2.2 dashtype 3 notitle, \
     'first-frame.tsv' index 2 using 1:($4/1.0):(0):(($5-$4)/1.0) with vectors nohead linecolor '#0072B2' linewidth 1.4 notitle, \
     'first-frame.tsv' index 2 using 1:($3/1.0) with points linecolor '#0072B2' linewidth 1.6 pointtype 6 pointsize 0.75 notitle, \
     'first-frame.tsv' index 1 using 1:($3/1.0) with lines linecolor '#D55E00' linewidth 2.2 dashtype 2 notitle, \
     'first-frame.tsv' index 1 using 1:($4/1.0):(0):(($5-$4)/1.0) with vectors nohead linecolor '#D55E00' linewidth 1.4 notitle, \
     'first-frame.tsv' index 1 using 1:($3/1.0) with points linecolor '#D55E00' linewidth 1.6 pointtype 4 pointsize 1.0 notitle, \
     'first-frame.tsv' index 0 using 1:($3/1.0) with lines linecolor '#0072B2' linewidth 2.2 dashtype 1 notitle, \
     'first-frame.tsv' index 0 using 1:($4/1.0):(0):(($5-$4)/1.0) with vectors nohead linecolor '#0072B2' linewidth 1.4 notitle, \
     'first-frame.tsv' index 0 using 1:($3/1.0) with points linecolor '#0072B2' linewidth 1.6 pointtype 7 pointsize 0.75 notitle, \
     keyentry with linespoints linecolor '#0072B2' linewidth 2.2 dashtype 1 pointtype 7 pointsize 0.75 title 'Sluice, from memory, 1000 behind', \
     keyentry with linespoints linecolor '#D55E00' linewidth 2.2 dashtype 2 pointtype 4 pointsize 1.0 title 'Redis, from memory, 1000 behind', \
     keyentry with linespoints linecolor '#0072B2' linewidth 2.2 dashtype 3 pointtype 6 pointsize 0.75 title 'Sluice, from disk, 9000 behind', \
     keyentry with linespoints linecolor '#0072B2' linewidth 2.2 dashtype 4 pointtype 6 pointsize 0.75 title 'Sluice, from disk, 9000 behind, cold cache'
